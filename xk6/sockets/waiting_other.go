//go:build !linux

package sockets

// waitingAt is how many bytes wait to be read from a descriptor: not known.
func waitingAt(int) (int, bool) { return 0, false }
