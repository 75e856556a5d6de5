"""Reads a feed of ideas with feedparser and tells of each entry what it understood, one JSON object a line.

usage: read_atom.py FILE
Exit code 3: a library is missing.
"""
import json
import sys

try:
    import feedparser
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

with open(sys.argv[1], "rb") as file:
    feed = feedparser.parse(file.read())
for entry in feed.entries:
    print(json.dumps({
        "broken": bool(feed.bozo), "version": feed.version, "feed": feed.feed.id, "title": feed.feed.title,
        "language": feed.feed.language, "id": entry.id, "text": entry.content[0].value, "type": entry.content[0].type,
        "author": entry.author, "published": entry.published, "terms": [tag.term for tag in entry.tags],
    }))
