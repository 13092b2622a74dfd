package sockets

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/grafana/sobek"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
)

// writeTime is how long a message or a closing frame may take to be written.
const writeTime = 10 * time.Second

// normalClosure is the code of a connection that the script ended.
const normalClosure = websocket.CloseNormalClosure

// socket is one connection. The locks of all sockets and its own are never
// held at the same time.
type socket struct {
	all      *Sockets
	number   int64
	listener *sobek.Object
	cancel   context.CancelFunc

	// Of the iteration that opened it: the next one may have begun when it ends.
	ctx   context.Context
	state *lib.State

	// Locked by those of all sockets.
	arrivals *arrivals // of the subscription that is live, if one is
	frames   int
	waiting  int // notices that the script was not told yet
	isOver   bool

	mu        sync.Mutex
	conn      *connection
	tags      metrics.TagsAndMeta
	queue     []string
	isWriting bool
	isCut     bool  // by the script
	isDone    bool  // nothing more is read
	failure   error // of a write
}

func newSocket(all *Sockets, number int64, listener *sobek.Object) *socket {
	return &socket{
		all: all, number: number, listener: listener, cancel: func() {},
		ctx: all.vu.Context(), state: all.vu.State(),
	}
}

// connect opens the connection. It is read on another stack: that of a
// handshake is deep.
func (s *socket) connect(door *door) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	isCut := s.isCut
	s.mu.Unlock()
	if isCut {
		cancel()
	}
	began := time.Now()
	conn, tags, err := door.dial(ctx)
	if err != nil {
		s.end(err, 0, "")
		return
	}
	s.mu.Lock()
	s.conn, s.tags = conn, tags
	isCut = s.isCut
	s.mu.Unlock()
	if isCut {
		_ = conn.Close()
	}
	s.tell(notice{kind: opened})
	go s.read(conn, began)
}

// read reads until the connection is over.
func (s *socket) read(conn *connection, began time.Time) {
	for {
		kind, message, err := conn.next()
		if err == nil {
			s.take(kind, message.Bytes(), conn.below, time.Now())
			texts.Put(message)
			continue
		}
		_ = conn.Close()
		s.push(s.state.BuiltinMetrics.WSSessionDuration, metrics.D(time.Since(began)))
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			s.end(nil, closed.Code, closed.Text)
		} else {
			s.end(nil, 0, "")
		}
		return
	}
}

// take takes a frame in.
func (s *socket) take(kind int, frame []byte, below *emptied, readAt time.Time) {
	if s.wasCut() {
		return
	}
	all := s.all
	all.mu.Lock()
	defer all.mu.Unlock()
	now := time.Now()
	waited := below.waited(readAt, now)
	since := now.Add(-waited)
	s.frames++
	all.received[s.tags.Tags]++
	if kind != websocket.TextMessage {
		all.notify(notice{of: s, kind: binary, at: readAt})
		return
	}
	all.intake.wire.messages(frame, func(message []byte) {
		switch isEvents := all.intake.wire.isEvents(message); {
		case !isEvents:
			all.notify(notice{of: s, kind: said, text: string(message), at: readAt})
		case s.waiting > 0:
			all.notify(notice{of: s, kind: events, text: string(message), at: readAt, since: since})
		default:
			all.enter(s, message, readAt, waited)
		}
	})
}

// end tells the script that the connection is over, and why: a code and a
// reason of the other side, or an error.
func (s *socket) end(failure error, code int, reason string) {
	s.mu.Lock()
	s.isDone = true
	isCut, broke := s.isCut, s.failure
	s.mu.Unlock()
	switch {
	case isCut:
		failure, code, reason = nil, normalClosure, ""
	case broke != nil && code == 0: // the other side may have said why
		failure = broke
	}
	if failure != nil {
		s.tell(notice{kind: failed, text: failure.Error()})
	}
	s.tell(notice{kind: over, code: code, text: reason})
}

func (s *socket) tell(n notice) {
	n.of = s
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	s.all.notify(n)
}
