package sockets

import (
	"encoding/json"
	"strconv"
	"time"
)

// behindFrom is from how many ms on a reader may have left something in its
// socket that is worth waiting for, as k6/support/arrivals.ts has it.
const behindFrom = 100

// roomKept is how many bytes of ids a subscription keeps room for from one
// report to the next. Ten thousand with an event a second each made 1.4 MB of
// garbage a second without it, and could hold 300 KB each after a standstill
// without an end to it.
const roomKept = 4096

// behind is for how many ms what came may still wait to be read.
func (a *arrivals) behind(at time.Time) float64 {
	if a.below == nil {
		return a.lag
	}
	return max(a.lag, milliseconds(a.below.waited(at, at)))
}

// readThrough is up to which moment all that came has been read, where it is now
// by the clock of the report's receiver. What was reported once stays true.
func (a *arrivals) readThrough(now float64, at time.Time) float64 {
	if behind := a.behind(at); behind >= behindFrom {
		now -= behind
	}
	return max(now, a.reportedThrough)
}

// appendReport appends what arrived up to a moment, in Unix ms by the clock of
// the report's receiver, as the receiver reads it, and takes it out.
func (a *arrivals) appendReport(to []byte, through float64) []byte {
	to = append(to, '{')
	to = append(to, a.head...)
	if a.first != "" {
		to = append(to, ',')
		to = append(to, a.first...)
		a.first = ""
	}
	to = append(to, `,"through":`...)
	to = strconv.AppendFloat(to, through, 'f', -1, 64)
	to = append(to, `,"closed":false,"ids":`...)
	to = appendText(to, a.ids)
	to = append(to, `,"times":[`...)
	for place, time := range a.times {
		if place > 0 {
			to = append(to, ',')
		}
		to = strconv.AppendInt(to, time, 10)
	}
	a.ids, a.times, a.reportedThrough = a.ids[:0], a.times[:0], through
	if cap(a.ids) > roomKept {
		a.ids, a.times = nil, nil
	}
	return append(to, "]}"...)
}

// isDue says whether there is something to report: arrivals, a first word, or a
// sign of life.
func (a *arrivals) isDue(through, heartbeat float64) bool {
	return len(a.times) > 0 || a.reportedThrough == 0 || through-a.reportedThrough >= heartbeat
}

// appendText appends a text as JSON has it. Ids that are whole need no escape.
func appendText(to, text []byte) []byte {
	for _, b := range text {
		if b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			escaped, _ := json.Marshal(string(text))
			return append(to, escaped...)
		}
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}
