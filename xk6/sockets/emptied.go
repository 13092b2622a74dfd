package sockets

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"go.k6.io/k6/lib/netext"
)

// emptied is a connection that knows for how long it has not been read empty.
// What comes from it may have waited so long in this machine: a reader that is
// too slow is not seen by the times at which it reads.
type emptied struct {
	net.Conn

	raw       syscall.RawConn           // nil where nobody tells what waits
	fullSince atomic.Pointer[time.Time] // nil where it was read empty
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
	case n < len(into) || e.isEmpty():
		if e.fullSince.Load() != nil {
			e.fullSince.Store(nil)
		}
	case e.fullSince.Load() == nil:
		now := time.Now()
		e.fullSince.Store(&now)
	}
	return n, err
}

// isEmpty says whether nothing waits, as far as that can be known.
func (e *emptied) isEmpty() bool {
	bytes, isKnown := 0, false
	if e.raw != nil {
		_ = e.raw.Control(func(fd uintptr) { bytes, isKnown = waitingAt(int(fd)) })
	}
	return isKnown && bytes == 0
}

// waited is for how long what was read at a moment may have waited until now.
func (e *emptied) waited(readAt, now time.Time) time.Duration {
	if since := e.fullSince.Load(); since != nil && since.Before(readAt) {
		readAt = *since
	}
	return max(now.Sub(readAt), ofProcess.at(now))
}
