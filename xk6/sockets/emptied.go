package sockets

import (
	"net"
	"syscall"
	"time"

	"go.k6.io/k6/lib/netext"
)

// emptied is a connection that knows for how long it has not been read empty.
// What comes from it may have waited so long in this machine: a reader that is
// too slow, or that gets no core, is not seen by the times at which it reads.
type emptied struct {
	net.Conn

	raw       syscall.RawConn // nil where nobody tells what waits
	fullSince time.Time       // zero where it was read empty
}

func newEmptied(inner net.Conn) *emptied {
	e := &emptied{Conn: inner}
	if followed, ok := inner.(*conn); ok {
		inner = followed.Conn
	}
	if counted, ok := inner.(*netext.Conn); ok {
		inner = counted.Conn
	}
	if own, ok := inner.(syscall.Conn); ok {
		e.raw, _ = own.SyscallConn()
	}
	return e
}

// Read reads what is there. Only where it fills its buffer it asks for more.
func (e *emptied) Read(into []byte) (int, error) {
	n, err := e.Conn.Read(into)
	switch {
	case n < len(into) || e.waiting() == 0:
		e.fullSince = time.Time{}
	case e.fullSince.IsZero():
		e.fullSince = time.Now()
	}
	return n, err
}

func (e *emptied) waiting() int {
	bytes := 0
	if e.raw != nil {
		_ = e.raw.Control(func(fd uintptr) { bytes = waitingAt(int(fd)) })
	}
	return bytes
}

// waited is for how long what was read at a moment may have waited until now.
func (e *emptied) waited(readAt, now time.Time) time.Duration {
	if !e.fullSince.IsZero() && e.fullSince.Before(readAt) {
		readAt = e.fullSince
	}
	return now.Sub(readAt)
}
