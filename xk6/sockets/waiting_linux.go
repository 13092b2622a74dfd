package sockets

import "golang.org/x/sys/unix"

// waitingAt is how many bytes wait to be read from a descriptor.
func waitingAt(fd int) int {
	bytes, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return bytes
}
