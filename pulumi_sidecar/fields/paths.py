"""Paths in URLs, files and volumes."""

from __future__ import annotations

import posixpath
import re
from typing import Annotated

from pydantic import AfterValidator

from pulumi_sidecar.fields.base import pattern, refuse

UrlPath = Annotated[
    str,
    pattern(
        r"/[A-Za-z0-9._~!&()*+,=:@%/?-]*",
        "is no URL path",
        "Begin with '/' and percent-encode everything but letters, digits and ._~!&()*+,=:@/?-.",
        1024,
    ),
]
"""A request path, with a query if need be. It lands in proxy configurations: no space, quote, ';', '{', '$' or '#'."""

SubPath = Annotated[
    str,
    pattern(
        r"(?!(?:.*/)?\.\.(?:/|$))(?!/)[A-Za-z0-9._@+/-]+",
        "is no plain relative path within the volume",
        'Give one without ".." at its beginning or between slashes, of letters, digits and ._@+-.',
        1024,
    ),
]
"""A path within a volume."""

_URL_FOLDERS = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+"

MountPath = Annotated[
    str,
    pattern(
        _URL_FOLDERS,
        "is no path to mount an application at",
        'Write it as "/shop" or "/team/shop", of letters, digits and ._~-, without a final slash.',
        255,
    ),
]
"""A URL path below which an application is reached: no final slash, nothing that needs quoting."""

FolderUrl = Annotated[
    str,
    pattern(
        f"{_URL_FOLDERS}/",
        "is no URL path of a folder",
        'Write it as "/static/", of letters, digits and ._~-, with a slash at both ends.',
        255,
    ),
]
"""A URL path below which files are served."""


def _absolute_path(value: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._@+/-]*", value):
        raise refuse(
            "is no plain absolute path", "Begin with '/' and use letters, digits and ._@+- between the slashes."
        )
    if posixpath.normpath(value) != value or value.startswith("//"):
        raise refuse("is not in its shortest form", f'Write "{posixpath.normpath("/" + value.lstrip("/"))}".')
    return value


FilePath = Annotated[str, AfterValidator(_absolute_path)]
"""An absolute path in a container, in its shortest form, of characters that need no quoting anywhere."""


def _socket_path(value: str) -> str:
    if len(value) > 107:
        raise refuse(f"is {len(value)} characters long, and a unix socket's path has at most 107", "Shorten it.")
    return value


SocketPath = Annotated[FilePath, AfterValidator(_socket_path)]
"""The absolute path of a unix socket: at most 107 characters (unix(7))."""
