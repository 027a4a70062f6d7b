"""A proxy between sheaf and a real server, which does to the stream what networks and servers do.

    with Proxy(server.port) as proxy:
        proxy.down = lambda conn, data: data    # what the server says, before it is passed on
        proxy.up = lambda conn, line: None      # a command: None passes it, bytes answer it

`down` may raise Cut("fin" | "rst" | "notify", the bytes that still go out), or Hold(bytes): then
nothing more comes. rate: bytes a second. refuse: who comes is sent away. With tls=(certificate,
key) its client speaks TLS; the server is always spoken to in clear. Commands are kept, and linted
at the end.
"""

import contextlib
import select
import socket
import ssl
import struct
import threading
import time

import wirelint

PIECE = 65536


class Cut(Exception):
    """End the connection: "fin" (in TLS: without close_notify), "rst", "notify"."""

    def __init__(self, how, data=b""):
        super().__init__(how)
        self.how, self.data = how, data


class Hold(Exception):
    """Say nothing more, and keep the connection."""

    def __init__(self, data=b""):
        super().__init__()
        self.data = data


class Connection:
    """One client, and its connection to the server."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.create_connection(("127.0.0.1", proxy.port_of_server))
        self.line, self.said, self.held = b"", b"", False
        self.number = len(proxy.connections)

    def end(self, how):
        """Close it in one of the ways of Cut."""
        with contextlib.suppress(OSError, ValueError):
            if how == "rst":
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            elif how == "notify":
                self.client.settimeout(0.5)
                self.client.unwrap().close()
            else:
                self.client.shutdown(socket.SHUT_RDWR)
        self.client.close()
        self.server.close()

    def send(self, data):
        """To the client, at the rate that is wanted."""
        step = max(1, self.proxy.rate // 20) if self.proxy.rate else len(data)
        for start in range(0, len(data), step or 1):
            if self.proxy.rate:
                time.sleep(min(step, len(data) - start) / self.proxy.rate)
            self.client.sendall(data[start:start + step])

    def from_server(self, data):
        """Pass on what the server says."""
        try:
            if self.proxy.down:
                data = self.proxy.down(self, data)
        except Hold as hold:
            self.held, data = True, hold.data
        self.send(data)

    def from_client(self, data):
        """Pass on whole lines."""
        self.line += data
        while b"\n" in self.line:
            line, self.line = self.line.split(b"\n", 1)
            text = line.rstrip(b"\r").decode("latin-1")
            if wirelint.TAGGED.match(text):
                self.proxy.commands.append(text)
            answer = self.proxy.up(self, text) if self.proxy.up else None
            if answer is None:
                self.server.sendall(line + b"\n")
            else:
                self.send(answer)

    def ready(self):
        """The sides that have something to say."""
        if isinstance(self.client, ssl.SSLSocket) and self.client.pending():
            return [self.client]
        sides = [self.client] if self.held else [self.client, self.server]
        return select.select(sides, [], [])[0]

    def run(self):
        """Until one side leaves, or the test cuts it."""
        while True:
            for side in self.ready():
                data = side.recv(PIECE)
                if not data:
                    return "fin"
                try:
                    (self.from_server if side is self.server else self.from_client)(data)
                except Cut as cut:
                    self.send(cut.data)
                    return cut.how


class Proxy:
    """The proxy; one thread a connection."""

    def __init__(self, port, tls=None):
        self.port_of_server, self.down, self.up = port, None, None
        self.rate, self.refuse = 0, False
        self.commands, self.connections, self.errors = [], [], []
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if tls else None
        if tls:
            self.tls.load_cert_chain(*tls)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def accept(self):
        """Take clients until closed."""
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                sock.close()
                continue
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        """One client, whatever it does."""
        how = "fin"
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            conn = Connection(self, sock)
        except OSError:
            sock.close()
            return
        self.connections.append(conn)
        try:
            how = conn.run()
        except (OSError, ValueError):
            pass
        except Exception as bad:  # a mistake in a test must not look like a broken line
            self.errors.append(bad)
        finally:
            conn.end(how)

    def end_all(self):
        """Shut all connections there are."""
        for conn in self.connections:
            for sock in (conn.server, conn.client):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exc):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.end_all()
        wirelint.check(self.commands)
        if self.errors:
            raise self.errors[0]
