"""What the local IAM and its like know."""

from __future__ import annotations

from huaweicloud_oms._record import Record


class Identity(Record):
    """The services beside OMS that say who somebody is, as the local OMS serves them at its own endpoint.

    IAM (`POST /v3/auth/tokens`, `GET /v3/projects`, tokens and keys for identity tokens), the token service
    (`POST /v5/agencies/assume-with-oidc`), a server's metadata service, and a pod's identity (at `POD_PATH`). The keys
    and tokens that they give are accepted until they expire.

    Attributes:
        region: The region, which is its project's name.
        projects: The ids of the projects of that name; `None` for the emulator's own.
        user: The IAM user's name.
        password: The IAM user's password.
        domain: The name of the IAM user's account.
        token: The identity token of the identity provider and of the pod.
        lifetime: How many seconds the keys and tokens that are given are good for.
        delay: How many seconds these services take to answer.
        session: Whether the metadata service wants a session token.
    """

    region: str = "cn-north-4"
    projects: tuple[str, ...] | None = None
    user: str = "user"
    password: str = "password"  # noqa: S105
    domain: str = "domain"
    token: str = "identity-token"  # noqa: S105
    lifetime: float = 86_400.0
    delay: float = 0.0
    session: bool = True
