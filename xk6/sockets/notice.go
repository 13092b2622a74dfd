package sockets

import (
	"time"

	"github.com/grafana/sobek"
	"github.com/mstoykov/k6-taskqueue-lib/taskqueue"
)

type kind uint8

const (
	// opened says that the handshake is done.
	opened kind = iota
	// said is a message that the script reads.
	said
	// binary is a frame that is no text.
	binary
	// events is a message with events that came behind one that the script has
	// not read yet: that may be what they are judged by.
	events
	// failed is an error in its own words, before the connection is over.
	failed
	// over is the end of a connection.
	over
)

// notice is something that the script is told of one of its sockets.
type notice struct {
	of   *socket
	kind kind
	text string
	code int
	at   time.Time
	// since when events may have waited.
	since time.Time
}

// notify queues a notice; the sockets are locked.
func (s *Sockets) notify(n notice) {
	n.of.waiting++
	s.notices = append(s.notices, n)
	s.wake()
}

// wake has the script told what there is; the sockets are locked.
func (s *Sockets) wake() {
	if s.isAwake || s.tasks == nil {
		return
	}
	s.isAwake = true
	s.tasks.Queue(s.tell)
}

// tell tells the script what there is, on its event loop. What comes meanwhile
// is told by the next task, behind those of timers and others that are due.
func (s *Sockets) tell() error {
	s.mu.Lock()
	notices, reached, isEnough := s.notices, s.intake.reached, s.hasEnough
	s.notices, s.intake.reached, s.hasEnough = nil, 0, false
	s.mu.Unlock()
	var problem error
	for _, n := range notices {
		if err := s.tellOf(n, problem == nil); err != nil {
			problem = err
		}
	}
	if problem == nil && (reached > 0 || isEnough) {
		rt := s.vu.Runtime()
		problem = call(s.listener, "news", rt.ToValue(reached > 0), rt.ToValue(isEnough))
	}
	if problem != nil {
		s.cutAll()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isAwake = false
	if len(s.notices) > 0 || s.intake.reached > 0 || s.hasEnough {
		s.wake()
	}
	return problem
}

// tellOf hands on one notice. Of a socket that the script has cut only the end
// is told, as k6's own do; events count where a script that has failed is told
// nothing else.
func (s *Sockets) tellOf(n notice, isHeard bool) error {
	rt := s.vu.Runtime()
	var err error
	switch {
	case n.kind == over:
		s.ended(n.of)
		if isHeard {
			err = call(n.of.listener, "closed", rt.ToValue(n.code), rt.ToValue(n.text))
		}
	case n.kind >= said && n.kind <= events && n.of.wasCut():
	case n.kind == events:
		s.mu.Lock()
		s.enter(n.of, []byte(n.text), n.at, time.Since(n.since))
		s.mu.Unlock()
	case !isHeard:
	case n.kind == opened:
		err = call(n.of.listener, "opened")
	case n.kind == said:
		err = call(n.of.listener, "read", rt.ToValue(n.text), rt.ToValue(unixMilliseconds(n.at)))
	case n.kind == binary:
		err = call(n.of.listener, "read", sobek.Null(), rt.ToValue(unixMilliseconds(n.at)))
	case n.kind == failed:
		err = call(n.of.listener, "failed", rt.ToValue(n.text))
	}
	s.mu.Lock()
	n.of.waiting--
	s.mu.Unlock()
	return err
}

func call(object *sobek.Object, method string, arguments ...sobek.Value) error {
	function, isFunction := sobek.AssertFunction(object.Get(method))
	if !isFunction {
		return nil
	}
	_, err := function(object, arguments...)
	return err
}

// began keeps the event loop going for as long as a socket is open.
func (s *Sockets) began() {
	ofProcess.watch()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	if s.open > 1 {
		return
	}
	s.tasks = taskqueue.New(s.vu.RegisterCallback)
	stop, ctx := make(chan struct{}), s.vu.Context()
	s.stop = stop
	go func() {
		select {
		case <-ctx.Done():
			s.cutAll()
		case <-stop:
		}
	}()
}

func (s *Sockets) ended(one *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.isOver = true
	if one.arrivals == nil {
		delete(s.sockets, one.number)
	}
	if s.open--; s.open > 0 {
		return
	}
	close(s.stop)
	s.tasks.Close()
	s.tasks = nil
}
