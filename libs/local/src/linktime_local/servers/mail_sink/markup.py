"""HTML that cannot be broken by its content: every text and attribute is escaped."""

from html import escape


class Markup(str):
    """HTML that `element` made."""

    __slots__ = ()


def element(name: str, /, *content: "str | Markup", **attributes: str) -> Markup:
    """Return an element with this content; texts are escaped, `class_` is the attribute class."""
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    inside = "".join(one if isinstance(one, Markup) else escape(one) for one in content)
    return Markup(f"<{name}{named}>{inside}</{name}>")


def void(name: str, /, **attributes: str) -> Markup:
    """Return an element without content and end tag, such as `meta`."""
    return Markup(element(name, **attributes).removesuffix(f"</{name}>"))
