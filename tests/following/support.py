"""What the tests of following share."""

from __future__ import annotations

AK, SK, PROJECT = "AKAKAKAKAKAKAKAKAKAK", "SKsksksksksksksksksksksksksksksksksksksk", "p-1"
KEYS = {"src_ak": "src-key-one", "src_sk": "src-key-two", "dst_ak": "dst-key-one", "dst_sk": "dst-key-two"}
SECRETS = (*KEYS.values(), SK)
