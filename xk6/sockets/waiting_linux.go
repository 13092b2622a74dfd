package sockets

import "golang.org/x/sys/unix"

// waitingAt is how many bytes wait to be read from a descriptor, where that is
// known.
func waitingAt(fd int) (int, bool) {
	bytes, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	return bytes, err == nil
}
