package sockets

import (
	"sync"
	"time"

	"github.com/grafana/sobek"
	"github.com/mstoykov/k6-taskqueue-lib/taskqueue"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/metrics"
)

// Sockets are WebSockets of one VU whose events are read in Go: the script is
// told of what is no event, and takes the identities of events in batches. A
// socket of k6 makes an object and a call of each message.
type Sockets struct {
	vu       modules.VU
	listener *sobek.Object

	// Set while a socket is open.
	tasks *taskqueue.TaskQueue
	stop  chan struct{}

	mu        sync.Mutex
	intake    *intake
	sockets   map[int64]*socket
	live      []*arrivals // in the order in which they were confirmed
	reported  []byte      // the last reports, for its room
	last      int64
	open      int
	notices   []notice
	isAwake   bool
	hasEnough bool
	// toldEnough is set until what there was enough of is taken.
	toldEnough bool
	received   map[*metrics.TagSet]int // messages, by the tags of their connections
}

// construct is the JS constructor Sockets.
func (in *instance) construct(call sobek.ConstructorCall) *sobek.Object {
	rt := in.vu.Runtime()
	intake, err := readOptions(call.Argument(0))
	if err != nil {
		common.Throw(rt, err)
	}
	s := &Sockets{
		vu: in.vu, listener: call.Argument(1).ToObject(rt), intake: intake,
		sockets: make(map[int64]*socket), received: make(map[*metrics.TagSet]int),
	}
	for name, method := range map[string]func(sobek.FunctionCall) sobek.Value{
		"open": s.jsOpen, "send": s.jsSend, "cut": s.jsCut, "framesRead": s.jsFramesRead,
		"listen": s.jsListen, "leave": s.jsLeave, "ignore": s.jsIgnore, "takeArrivals": s.jsTakeArrivals,
		"reports": s.jsReports, "lag": s.jsLag, "take": s.jsTake,
	} {
		if err := call.This.Set(name, method); err != nil {
			common.Throw(rt, err)
		}
	}
	return nil
}

// enter enters a message with events; the sockets are locked.
func (s *Sockets) enter(of *socket, message []byte, readAt time.Time, waited time.Duration) {
	s.intake.enter(of.arrivals, message, readAt, waited)
	if s.intake.isEnough() && !s.toldEnough {
		s.toldEnough, s.hasEnough = true, true
		s.wake()
	}
	if s.intake.reached > 0 {
		s.wake()
	}
}

func (s *Sockets) cutAll() {
	s.mu.Lock()
	var all []*socket
	for _, one := range s.sockets {
		if !one.isOver {
			all = append(all, one)
		}
	}
	s.mu.Unlock()
	for _, one := range all {
		one.cut()
	}
}
