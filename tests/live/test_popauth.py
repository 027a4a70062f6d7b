"""Logging in by POP3: what test_auth.py wants of IMAP with Dovecot, once more."""

import unittest

import test_auth
from popservers import PopDovecot


@unittest.skipUnless(PopDovecot.installed(), "no Dovecot with POP3")
class Pop3(test_auth.RealServer):
    """All mechanisms but -PLUS."""

    kind = PopDovecot
    # These have nothing to do with the protocol.
    test_device_flow = test_device_flow_refused = test_link = test_grant_is_over = None

    def test_command(self):
        """USER and PASS, where the server knows no mechanism."""
        with PopDovecot(extra="auth_mechanisms = plain\n") as server:
            self.configure(server.account("alice", tls="none") + "auth = login\n")
            before = len(server.log())
            self.assertEqual(self.harvest()["mailboxes_failed"], 0)
            self.assertIn("method=PLAIN", server.log()[before:])


if __name__ == "__main__":
    unittest.main()
