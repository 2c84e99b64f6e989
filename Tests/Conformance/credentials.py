"""Turns the credentials that a simulated cloud prints at its start into an Authorization header."""

import base64
import json
import threading
import time
import urllib.parse
import urllib.request

TOKEN_PATH = "/auth/realms/contabo/protocol/openid-connect/token"


def first(values, *names):
    """A field by any of its spellings; capitals and underscores do not matter."""
    plain = {key.replace("_", "").lower(): value for key, value in values.items()}
    return next((plain[name] for name in names if plain.get(name)), None)


class Credentials:
    """Bearer for a token, a password grant for a client id, basic for a user; or nothing."""

    def __init__(self, values, url):
        self.values, self.url = values or {}, url
        self.granted, self.good_until = None, 0.0
        self.lock = threading.Lock()

    def headers(self):
        if application := first(self.values, "applicationid", "application"):
            return {"X-Application-ID": application}
        if first(self.values, "clientid"):
            return {"Authorization": f"Bearer {self.access_token()}"}
        if token := first(self.values, "token", "accesstoken"):
            return {"Authorization": f"Bearer {token}"}
        if user := first(self.values, "username", "user"):
            pair = f"{user}:{first(self.values, 'password') or ''}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return {}

    def access_token(self):
        with self.lock:
            if self.granted is None or time.monotonic() >= self.good_until:
                answer = self.grant()
                self.granted = answer["access_token"]
                self.good_until = time.monotonic() + answer["expires_in"] / 2
            return self.granted

    def forget(self):
        """After a 401: the token may have run out early, for example on an accelerated clock."""
        with self.lock:
            self.granted = None

    def grant(self):
        parts = urllib.parse.urlsplit(self.url)
        address = first(self.values, "tokenurl", "authurl", "tokenendpoint")
        form = urllib.parse.urlencode({
            "grant_type": "password",
            "client_id": first(self.values, "clientid"),
            "client_secret": first(self.values, "clientsecret") or "",
            "username": first(self.values, "username", "user", "apiuser") or "",
            "password": first(self.values, "password", "apipassword") or "",
        })
        address = address or f"{parts.scheme}://{parts.netloc}{TOKEN_PATH}"
        with urllib.request.urlopen(address, form.encode(), timeout=10) as answer:
            return json.load(answer)
