package sockets

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
)

// What a script calls of its sockets.

// find is the socket that a call is about.
func (s *Sockets) find(call sobek.FunctionCall) *socket {
	return s.sockets[call.Argument(0).ToInteger()]
}

func (s *Sockets) jsOpen(call sobek.FunctionCall) sobek.Value {
	rt := s.vu.Runtime()
	if s.vu.State() == nil {
		common.Throw(rt, errInitContext)
	}
	door, err := s.doorOf(call.Argument(0).String(), call.Argument(1))
	if err != nil {
		common.Throw(rt, err)
	}
	listener := call.Argument(2).ToObject(rt)
	s.began() // from here on nothing may fail: the event loop waits for its end
	s.mu.Lock()
	s.last++
	one := newSocket(s, s.last, listener)
	s.sockets[one.number] = one
	s.mu.Unlock()
	go one.connect(door)
	return rt.ToValue(one.number)
}

func (s *Sockets) jsSend(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	one := s.find(call)
	s.mu.Unlock()
	if one != nil {
		one.send(call.Argument(1).String())
	}
	return sobek.Undefined()
}

func (s *Sockets) jsCut(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	one := s.find(call)
	s.mu.Unlock()
	if one != nil {
		one.cut()
	}
	return sobek.Undefined()
}

func (s *Sockets) jsFramesRead(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.find(call); one != nil {
		return s.vu.Runtime().ToValue(one.frames)
	}
	return s.vu.Runtime().ToValue(0)
}

func (s *Sockets) jsListen(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	one := s.find(call)
	s.mu.Unlock()
	if one == nil {
		return sobek.Undefined()
	}
	one.mu.Lock()
	var below *emptied
	if one.conn != nil {
		below = one.conn.below
	}
	one.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	one.arrivals = &arrivals{
		from: call.Argument(1).ToFloat(), head: call.Argument(2).String(), first: call.Argument(3).String(), below: below,
	}
	s.live = append(s.live, one.arrivals)
	return sobek.Undefined()
}

func (s *Sockets) jsLeave(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.find(call); one != nil && one.arrivals != nil {
		one.arrivals.isLeft = true
	}
	return sobek.Undefined()
}

// jsReports is what is to be reported of the subscriptions that are live, as
// members of a list in JSON.
func (s *Sockets) jsReports(call sobek.FunctionCall) sobek.Value {
	now, all := call.Argument(0).ToFloat(), call.Argument(1).ToBoolean()
	at := time.Now()
	s.mu.Lock()
	text := s.reported[:0]
	s.live = slices.DeleteFunc(s.live, func(a *arrivals) bool { return a.isLeft })
	for _, a := range s.live {
		through := a.readThrough(now, at)
		a.lag = 0
		if !all && !a.isDue(through, s.intake.heartbeat) {
			continue
		}
		if len(text) > 0 {
			text = append(text, ',')
		}
		text = a.appendReport(text, through)
	}
	s.reported = text
	s.mu.Unlock()
	return s.vu.Runtime().ToValue(string(text))
}

func (s *Sockets) jsIgnore(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.find(call); one != nil {
		if one.arrivals != nil {
			one.arrivals.isLeft = true
		}
		one.arrivals = nil
		if one.isOver {
			delete(s.sockets, one.number)
		}
	}
	return sobek.Undefined()
}

func (s *Sockets) jsTakeArrivals(call sobek.FunctionCall) sobek.Value {
	s.mu.Lock()
	var ids []byte
	var times []int64
	if one := s.find(call); one != nil && one.arrivals != nil {
		ids, times = one.arrivals.ids, one.arrivals.times
		one.arrivals.ids, one.arrivals.times = nil, nil
	}
	s.mu.Unlock()
	rt := s.vu.Runtime()
	return object(rt, "ids", string(ids), "times", list(rt, times, func(us int64) sobek.Value { return rt.ToValue(us) }))
}

func (s *Sockets) jsLag(call sobek.FunctionCall) sobek.Value {
	lag := 0.0
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.find(call); one != nil && one.arrivals != nil {
		lag = one.arrivals.behind(time.Now())
	}
	return s.vu.Runtime().ToValue(lag)
}

func (s *Sockets) jsTake(sobek.FunctionCall) sobek.Value {
	now := time.Now()
	s.mu.Lock()
	taken := s.intake.take(now)
	s.toldEnough = false
	s.mu.Unlock()
	s.pushReceived()
	return taken.toValue(s.vu.Runtime())
}

// toValue is a batch as the script takes it.
func (b batch) toValue(rt *sobek.Runtime) sobek.Value {
	return object(rt,
		"events", b.events, "foreign", b.foreign,
		"samples", object(rt,
			"ids", joined(b.samples, func(s sample) string { return b.text(s.id) }),
			"at", list(rt, b.samples, func(s sample) sobek.Value { return rt.ToValue(s.at) }),
			"lags", list(rt, b.samples, func(s sample) sobek.Value { return rt.ToValue(s.lag) }),
		),
		"compared", object(rt,
			"ids", joined(b.closeups, func(c closeup) string { return b.text(c.id) }),
			"messages", list(rt, b.closeups, func(c closeup) sobek.Value { return rt.ToValue(b.text(c.message)) }),
		),
		"strays", list(rt, b.strays, func(message string) sobek.Value { return rt.ToValue(message) }),
	)
}

// object is an object with these names and values, in turns.
func object(rt *sobek.Runtime, members ...any) sobek.Value {
	made := rt.NewObject()
	for place := 0; place < len(members); place += 2 {
		_ = made.Set(members[place].(string), members[place+1])
	}
	return made
}

// joined is texts of items, one behind the other.
func joined[Item any](items []Item, text func(Item) string) string {
	var all strings.Builder
	for _, item := range items {
		all.WriteString(text(item))
	}
	return all.String()
}

func list[Item any](rt *sobek.Runtime, items []Item, value func(Item) sobek.Value) sobek.Value {
	values := make([]any, len(items))
	for place, item := range items {
		values[place] = value(item)
	}
	return rt.NewArray(values...)
}
