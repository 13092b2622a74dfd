package nats

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go/jetstream"
)

// newBatchResult makes the JS object of a finished batch. What exists once per
// message is made when the script reads it.
func newBatchResult(rt *sobek.Runtime, b *batch, failure func(subject string, cause error) error) *sobek.Object {
	obj := rt.NewObject()
	set := func(name string, value any) { _ = obj.Set(name, value) }
	set("acked", b.tally.acked)
	set("duplicates", b.tally.duplicates)
	set("refused", b.tally.refused)
	set("unknown", b.tally.unknown)
	set("sentAt", epochMs(b.start))
	set("latencySumMs", milliseconds(b.tally.latencySum))
	set("latencyMinMs", milliseconds(b.tally.latencyMin))
	set("latencyMaxMs", milliseconds(b.tally.latencyMax))
	lazy(rt, obj, "latenciesMs", func() sobek.Value { return latencies(rt, b) })
	lazy(rt, obj, "failures", func() sobek.Value { return rt.ToValue(failures(b)) })
	lazy(rt, obj, "outcomes", func() sobek.Value {
		return rt.NewDynamicArray(&outcomes{rt: rt, batch: b, failure: failure})
	})
	return obj
}

// lazy defines a property whose value is made on first reading.
func lazy(rt *sobek.Runtime, obj *sobek.Object, name string, produce func() sobek.Value) {
	var value sobek.Value
	getter := rt.ToValue(func(sobek.FunctionCall) sobek.Value {
		if value == nil {
			value = produce()
		}
		return value
	})
	_ = obj.DefineAccessorProperty(name, getter, nil, sobek.FLAG_FALSE, sobek.FLAG_TRUE)
}

// latencies is a Float64Array with the latency of each acknowledged message,
// in the order of the messages.
func latencies(rt *sobek.Runtime, b *batch) sobek.Value {
	buf := make([]byte, 0, 8*(b.tally.acked+b.tally.duplicates))
	for i := range b.outcomes {
		if o := &b.outcomes[i]; o.stored() {
			buf = binary.NativeEndian.AppendUint64(buf, math.Float64bits(milliseconds(o.latency)))
		}
	}
	return construct(rt, "Float64Array", rt.ToValue(rt.NewArrayBuffer(buf)))
}

// failure is a message that was not acknowledged.
type failure struct {
	Index int `js:"index"`
	// Sent is false when it never left.
	Sent bool `js:"sent"`
	// Refused is true when the server did not take it, or would not have.
	Refused bool   `js:"refused"`
	Error   string `js:"error"`
}

func failures(b *batch) []failure {
	all := []failure{}
	for i := range b.outcomes {
		if o := &b.outcomes[i]; o.err != nil {
			sent := o.sent != notSent
			all = append(all, failure{i, sent, o.status == statusRefused && (sent || isMalformed(o.err)), reason(o.err)})
		}
	}
	return all
}

// outcomes is the JS array of what became of each message.
type outcomes struct {
	rt      *sobek.Runtime
	batch   *batch
	failure func(subject string, cause error) error
}

// Len is the number of messages.
func (a *outcomes) Len() int { return len(a.batch.outcomes) }

// Get makes the object for one message.
func (a *outcomes) Get(index int) sobek.Value {
	if index < 0 || index >= a.Len() {
		return nil
	}
	o := &a.batch.outcomes[index]
	obj := a.rt.NewObject()
	set := func(name string, value any) { _ = obj.Set(name, value) }
	set("subject", a.batch.out.subject(index))
	set("status", o.status.String())
	set("sentAt", nil)
	set("sequence", nil)
	set("latencyMs", nil)
	set("error", nil)
	if o.sent != notSent {
		set("sentAt", epochMs(a.batch.start.Add(o.sent)))
	}
	if o.stored() {
		if o.sequence > 0 { // core NATS has none
			set("sequence", o.sequence)
		}
		set("latencyMs", milliseconds(o.latency))
	}
	if o.err != nil {
		set("error", a.failure(a.batch.out.subject(index), o.err).Error())
	}
	return obj
}

// Set refuses: outcomes are read-only.
func (*outcomes) Set(int, sobek.Value) bool { return false }

// SetLen refuses what Set refuses.
func (*outcomes) SetLen(int) bool { return false }

// publishAck is the JS object for the acknowledgement of a single message.
type publishAck struct {
	Sequence  uint64  `js:"sequence"`
	Duplicate bool    `js:"duplicate"`
	LatencyMs float64 `js:"latencyMs"`
}

func epochMs(t time.Time) float64 { return float64(t.UnixMicro()) / 1e3 }

// streamInfo is the JS object that jetStreamInfo returns.
type streamInfo struct {
	Name          string   `js:"name"`
	Subjects      []string `js:"subjects"`
	Messages      uint64   `js:"messages"`
	Bytes         uint64   `js:"bytes"`
	FirstSequence uint64   `js:"firstSequence"`
	LastSequence  uint64   `js:"lastSequence"`
	Consumers     int      `js:"consumers"`
}

func newStreamInfo(info *jetstream.StreamInfo) streamInfo {
	return streamInfo{
		Name:          info.Config.Name,
		Subjects:      info.Config.Subjects,
		Messages:      info.State.Msgs,
		Bytes:         info.State.Bytes,
		FirstSequence: info.State.FirstSeq,
		LastSequence:  info.State.LastSeq,
		Consumers:     info.State.Consumers,
	}
}
