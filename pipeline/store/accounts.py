"""Who may come to the desk over a network: names, roles and passwords, which the store keeps as digests alone."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

import sqlalchemy as sa

from pipeline.clock import now
from pipeline.store.connection import Store
from schema.errors import StoreError
from schema.relational import tables

READER, REVIEWER, LEAD = ROLES = ("reader", "reviewer", "lead")  # each may what those before it may
LEAST = 10  # characters of a password
_COST = {"n": 1 << 14, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    role: str


def add(store: Store, name: str, role: str, password: str) -> bool:
    """Makes an account, or gives it another role and password; was it new? Raises StoreError where the password is too short."""
    if len(password) < LEAST:
        raise StoreError(name, f"密码不足{LEAST}个字符", "请换一个更长的")
    salt = os.urandom(16)
    told = f"{salt.hex()} {_digest(password, salt).hex()}"
    row = {"name": name, "role": role, "password": told, "made_at": now()}
    t = tables.account

    def work(connection: sa.Connection) -> bool:
        gone = connection.execute(t.delete().where(t.c.name == name)).rowcount
        connection.execute(t.insert().values(**row))
        return gone == 0

    return store.write(work)


def remove(store: Store, name: str) -> None:
    """Raises StoreError where there is no such account."""
    t = tables.account
    if not store.write(lambda connection: connection.execute(t.delete().where(t.c.name == name)).rowcount):
        raise StoreError(name, "没有这个账号", "请用 ziping review user list 查看")


def listed(store: Store) -> list[Account]:
    t = tables.account
    with store.reading() as connection:
        return [Account(*row) for row in connection.execute(sa.select(t.c.name, t.c.role).order_by(t.c.name))]


def named(store: Store, name: str) -> Account | None:
    return next((account for account in listed(store) if account.name == name), None)


def known(store: Store, name: str, password: str) -> Account | None:
    """The account of a name and its password; None where they do not belong together, which takes as long where there is no such name."""
    t = tables.account
    with store.reading() as connection:
        row = connection.execute(sa.select(t).where(t.c.name == name)).first()
    salt, _, digest = (row.password if row is not None else f"{bytes(16).hex()} {bytes(64).hex()}").partition(" ")
    same = hmac.compare_digest(_digest(password, bytes.fromhex(salt)), bytes.fromhex(digest))
    return Account(row.name, row.role) if row is not None and same else None


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, maxmem=64 << 20, **_COST)
