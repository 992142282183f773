"""What browsers send as files: refused by its announced size before a byte is read, else streamed to the disk; and files that go."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.db import transaction
from django.http import HttpRequest


class SizeLimit(FileUploadHandler):
    """First of `FILE_UPLOAD_HANDLERS`. A request longer than `UPLOAD_MAX_BYTES` keeps its fields up to the first file, loses the file,
    and is marked (`was_too_big`), so that the page can say so in words."""

    def handle_raw_input(self, input_data: Any, META: dict[str, Any], content_length: int, boundary: Any, encoding: str | None = None) -> None:
        self.too_big = content_length > settings.UPLOAD_MAX_BYTES
        self.seen = 0

    def new_file(self, *arguments: Any, **named: Any) -> None:
        super().new_file(*arguments, **named)
        if self.too_big:
            self._refuse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > settings.UPLOAD_MAX_BYTES:  # a request that announced less
            self._refuse()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _refuse(self) -> None:
        if self.request is not None:
            self.request.upload_refused = True  # type: ignore[attr-defined]
        raise StopUpload(connection_reset=True)  # nothing more is read


def was_too_big(request: HttpRequest) -> bool:
    """Did this request bring a file beyond the limit? Ask after `request.POST` was read."""
    request.POST  # noqa: B018 - reading it is what finds out
    return getattr(request, "upload_refused", False)


def delete_after_commit(storage: Storage, names: Iterable[str | None]) -> None:
    """Files go once it is certain that no row names them any more."""
    gone = [name for name in names if name]

    def delete() -> None:
        for name in gone:
            storage.delete(name)

    transaction.on_commit(delete)
