"""Options of lists that have pages."""

import click

from linktime_common.http.models import MOST_PAGE
from linktime_operator.commands.base import WholeNumber

page_option = click.option("--page", type=WholeNumber(1, MOST_PAGE), default=1, show_default=True)
limit_option = click.option("--limit", type=WholeNumber(1, 100), default=20, show_default=True)
