"""What LINE serves from api-data.line.me: contents that people sent, and pictures of rich menus."""

from flask import Blueprint, Response, g, jsonify, request

from simulator.acceptance import answer
from simulator.contents import Content
from simulator.line_errors import LineError, not_found
from simulator.rich_menu_api import menu_named
from simulator.world import current_world

content = Blueprint("content", __name__, url_prefix="/v2/bot")
LARGEST_IMAGE = 1_000_000
MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


def content_of(message_id: str) -> Content:
    """The content of a message.

    Raises LineError: 404 if there is none, 410 if the person unsent it.
    """
    found = current_world().contents.get(message_id)
    if found is None:
        raise not_found("not found")
    if found.gone:
        raise LineError(410, "The content is gone")
    return found


@content.get("/message/<message_id>/content")
def get_content(message_id: str) -> Response:
    found = content_of(message_id)
    return Response(found.data, content_type=found.media_type)


@content.get("/message/<message_id>/content/preview")
def get_preview(message_id: str) -> Response:
    found = content_of(message_id)
    if not found.media_type.startswith(("image/", "video/")):
        raise not_found("not found")
    return Response(found.data, content_type=found.media_type)


@content.get("/message/<message_id>/content/transcoding")
def get_transcoding(message_id: str) -> Response:
    content_of(message_id)
    return jsonify(status="succeeded")


@content.post("/richmenu/<rich_menu_id>/content")
def upload_image(rich_menu_id: str) -> Response:
    """A JPEG or PNG of at most 1 MB, once."""
    menu = menu_named(rich_menu_id)
    magic, image = MAGIC.get(request.mimetype), g.received.body
    if magic is None:
        raise LineError(415, f"The content type, {request.mimetype or 'none'}, is not supported")
    if menu.image:
        raise LineError(400, "An image has already been uploaded to the richmenu")
    if not image.startswith(magic) or len(image) > LARGEST_IMAGE:
        raise LineError(400, "The image size is not allowed for richmenu")
    menu.image, menu.image_type = image, request.mimetype
    return answer({})


@content.get("/richmenu/<rich_menu_id>/content")
def download_image(rich_menu_id: str) -> Response:
    menu = menu_named(rich_menu_id)
    if not menu.image:
        raise not_found()
    return Response(menu.image, content_type=menu.image_type)
