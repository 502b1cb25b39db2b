"""What a reader of an HTML page sees."""

from html.parser import HTMLParser


class VisibleHtml(HTMLParser):
    """Collects an HTML page's text, links and outside resources; fails on a tag that is not closed in order."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str | None] = []
        self.resources: list[str] = []
        self.feed(html)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag in ("img", "link", "script", "iframe", "object") or "src" in dict(attrs):
            self.resources.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if "style" not in self.open:
            self.words.extend(text.split())

    @property
    def text(self) -> str:
        return " ".join(self.words)
