# SPDX-License-Identifier: BSD-3-Clause
"""A kernel's TCP behind 802.1Q tags, also where the kernel has no VLAN devices: a TAP device whose
frames this relay tags and sends on the real device, and the way back."""

import fcntl
import os
import select
import socket
import struct
import threading

_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
_PACKET_AUXDATA, _SOL_PACKET, _ETH_P_ALL = 8, 263, 3
_TP_STATUS_VLAN_VALID = 1 << 4
TPID = 0x8100


class VlanPort:
    """Device `name` in a namespace, its traffic tagged on `device` with each of `tags`, outermost
    first."""

    def __init__(self, namespace, name, device, tags):
        self.namespace, self.name, self.device = namespace, name, device
        self.tagging = b"".join(struct.pack("!HH", TPID, tag) for tag in tags)

    def __enter__(self):
        with self.namespace.entered():
            self._tap = os.open("/dev/net/tun", os.O_RDWR)
            request = struct.pack("16sH22x", self.name.encode(), _IFF_TAP | _IFF_NO_PI)
            fcntl.ioctl(self._tap, _TUNSETIFF, request)
            self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._wire.bind((self.device, _ETH_P_ALL))
        self._wire.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self.namespace.sysctl(**{f"net__ipv6__conf__{self.name}__accept_dad": 0})
        self.namespace.ip("link", "set", self.name, "mtu", 1500 - len(self.tagging), "up")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join(5)
        os.close(self._tap)
        self._wire.close()

    def _relay(self):
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._tap, self._wire], [], [], 0.1)
            if self._tap in ready:
                frame = os.read(self._tap, 65536)
                self._wire.send(frame[:12] + self.tagging + frame[12:])
            if self._wire in ready:
                frame = self._receive()
                if frame and frame[12:].startswith(self.tagging):
                    os.write(self._tap, frame[:12] + frame[12 + len(self.tagging) :])

    def _receive(self):
        """One frame from the wire, with the tag in it that the kernel takes out."""
        frame, ancillary, _, address = self._wire.recvmsg(65536, 256)
        if address[2] == socket.PACKET_OUTGOING:
            return None
        for level, kind, data in ancillary:
            if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
                status, _, _, _, _, tag, tpid = struct.unpack("=IIIHHHH", data[:20])
                if status & _TP_STATUS_VLAN_VALID:
                    return frame[:12] + struct.pack("!HH", tpid or TPID, tag) + frame[12:]
        return frame
