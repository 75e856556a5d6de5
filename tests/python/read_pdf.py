"""Reads PDF files with pypdf: one JSON line each, with what a reader aloud, an archive and a printer need of it."""

import json
import sys

try:
    from pypdf import PdfReader
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)


def roles(element, depth=0):
    """What the elements are, in their order: depth, role, and the words for a picture."""
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, int) or "/S" not in element:
        return
    yield [depth, element["/S"], element.get("/Alt")]
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        yield from roles(kid, depth + 1)


def fonts(page):
    for font in page["/Resources"].get("/Font", {}).values():
        font = font.get_object()
        below = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = below["/FontDescriptor"].get_object()
        embedded = any(name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))
        yield [str(font["/BaseFont"]), embedded, "/ToUnicode" in font]


for path in sys.argv[1:]:
    reader = PdfReader(path, strict=True)
    root = reader.root_object
    tree = root["/StructTreeRoot"]
    top = tree["/K"]
    xmp = root["/Metadata"].get_object().get_data().decode()
    links = [
        annotation.get_object()["/A"]["/URI"]
        for page in reader.pages
        for annotation in page.get("/Annots", [])
    ]
    print(json.dumps({
        "pages": len(reader.pages),
        "title": reader.metadata.title,
        "language": root.get("/Lang"),
        "marked": bool(root["/MarkInfo"]["/Marked"]),
        "shows_title": bool(root["/ViewerPreferences"]["/DisplayDocTitle"]),
        "roles": [role for element in (top if isinstance(top, list) else [top]) for role in roles(element)],
        "fonts": [font for page in reader.pages for font in fonts(page)],
        "links": links,
        "outputs": [str(intent.get_object()["/S"]) for intent in root["/OutputIntents"]],
        "is_pdf_a_2a": "<pdfaid:part>2</pdfaid:part>" in xmp and "<pdfaid:conformance>A</pdfaid:conformance>" in xmp,
        "is_pdf_ua_1": "<pdfuaid:part>1</pdfuaid:part>" in xmp,
        "text": "\n".join(page.extract_text() for page in reader.pages),
    }))
