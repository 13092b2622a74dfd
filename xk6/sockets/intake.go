package sockets

import (
	"math"
	"time"
)

// arrivals is what arrived on one subscription and was not taken yet. Without
// any it holds nothing: a VU may have a hundred of these.
type arrivals struct {
	head            string  // of its reports: the members that do not change
	first           string  // members of its first report; empty once it was written
	reportedThrough float64 // 0 before the first report
	isLeft          bool    // it is reported once more, by the script

	from    float64 // Unix ms from which the subscription is live
	ids     []byte
	times   []int64 // us since then
	reached bool

	below *emptied
	lag   float64 // ms that the last message had waited which is not reported yet
}

// kept is a text among those that an intake keeps: a text of its own for each
// would be memory that each reader asks for, see frames.
type kept struct{ from, to int }

// sample is an arrival that is looked at closely.
type sample struct {
	id      kept
	at, lag float64
}

// closeup is an arrival whose message is compared with what was published.
type closeup struct{ id, message kept }

// straysKept is how many messages with events but without an identity of ours
// the script may look at, each of which could be of any size.
const straysKept = 250

// intake is what one set of sockets received. Its user locks it.
type intake struct {
	wire       wire
	judges     bool
	enough     int
	heartbeat  float64 // ms
	sampling   *sampling[sample]
	comparison allowance

	events, foreign int
	texts           []byte // that samples and closeups keep
	closeups        []closeup
	strays          []string
	takenAt         time.Time
	// reached counts subscriptions on which something arrived for the first time
	// since that was asked for.
	reached int
}

// batch is what was taken out of an intake.
type batch struct {
	events, foreign int
	texts           []byte
	samples         []sample
	closeups        []closeup
	strays          []string
}

// enter enters a message with events that was read at a moment, and may have
// waited for so long; to is nil before its subscription was confirmed.
func (in *intake) enter(to *arrivals, message []byte, readAt time.Time, waited time.Duration) {
	if !in.judges {
		in.events += max(1, len(idsIn(message, in.wire.key)))
		return
	}
	lag := milliseconds(waited)
	if to != nil {
		to.lag = lag
		if !to.reached {
			to.reached = true
			in.reached++
		}
	}
	at := unixMilliseconds(readAt)
	if id := soleID(message); id != nil {
		in.record(to, id, message, at, lag)
		return
	}
	ids := idsIn(message, in.wire.key)
	for _, id := range ids {
		in.record(to, id, message, at, lag)
	}
	if len(ids) > 0 {
		return
	}
	in.events++
	if to == nil || len(in.strays) == straysKept {
		in.foreign++
	} else {
		in.strays = append(in.strays, string(message))
	}
}

func (in *intake) record(to *arrivals, id, message []byte, at, lag float64) {
	in.events++
	if to == nil {
		in.foreign++
		return
	}
	to.ids = append(to.ids, id...)
	to.times = append(to.times, int64(math.Floor((at-to.from)*1000+0.5)))
	if in.sampling.keeps() {
		in.sampling.keep(sample{in.keep(id), at, lag})
	}
	if in.comparison.take(at) {
		in.closeups = append(in.closeups, closeup{in.keep(id), in.keep(message)})
	}
}

func (in *intake) keep(text []byte) kept {
	from := len(in.texts)
	in.texts = append(in.texts, text...)
	return kept{from, len(in.texts)}
}

func (b batch) text(of kept) string { return string(b.texts[of.from:of.to]) }

// isEnough says whether there is enough for a report.
func (in *intake) isEnough() bool { return in.events >= in.enough }

// take takes out what was received.
func (in *intake) take(now time.Time) batch {
	taken := batch{
		in.events, in.foreign, in.texts, in.sampling.take(now.Sub(in.takenAt).Seconds()), in.closeups, in.strays,
	}
	in.events, in.foreign, in.strays, in.takenAt = 0, 0, nil, now
	// With room for as much again: whoever reads asks for no memory.
	in.texts, in.closeups = make([]byte, 0, len(taken.texts)), make([]closeup, 0, len(taken.closeups))
	return taken
}

func milliseconds(d time.Duration) float64 { return max(0, float64(d)/float64(time.Millisecond)) }

func unixMilliseconds(at time.Time) float64 {
	return float64(at.UnixNano()) / float64(time.Millisecond)
}
