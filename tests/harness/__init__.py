# SPDX-License-Identifier: BSD-3-Clause
"""What the tests over the wire share: a server to start, a client to ask it, a test case."""
