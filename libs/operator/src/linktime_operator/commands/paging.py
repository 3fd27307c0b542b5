"""Options of lists that have pages."""

import click

page_option = click.option("--page", type=click.IntRange(1), default=1, show_default=True)
limit_option = click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
