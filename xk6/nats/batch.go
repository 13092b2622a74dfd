package nats

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// status is what became of one published message.
type status uint8

const (
	statusUnsent status = iota
	statusSent
	statusAcked
	statusDuplicate
	statusRefused
	statusUnknown
)

func (s status) String() string {
	return [...]string{"unsent", "sent", "acked", "duplicate", "refused", "unknown"}[s]
}

// notSent stands for the time of sending of a message that never was.
const notSent time.Duration = -1

// outcome is the account of one message. Times are since the batch's start.
type outcome struct {
	sent     time.Duration
	latency  time.Duration
	sequence uint64
	err      error
	status   status
}

// tally counts the outcomes of a batch. The latencies are those of the
// acknowledged messages, duplicates included.
type tally struct {
	acked, duplicates, refused, unknown int
	latencySum, latencyMin, latencyMax  time.Duration
}

// batch is a set of messages published together. It is over when every message
// has its outcome, when its time is up, or when its iteration ends.
type batch struct {
	id    uint64
	acks  *ackInbox
	start time.Time
	done  func()
	room  chan struct{} // holds an element when inFlight may have fallen
	out   outgoing

	mu       sync.Mutex
	outcomes []outcome
	open     int
	inFlight int
	over     bool
	tally    tally
	timers   []func() bool
}

// newBatch prepares a batch that calls done, once, when it is over.
func newBatch(ctx context.Context, acks *ackInbox, out outgoing, timeout time.Duration, done func()) *batch {
	b := &batch{
		acks:     acks,
		start:    time.Now(),
		done:     done,
		room:     make(chan struct{}, 1),
		out:      out,
		outcomes: make([]outcome, out.len()),
		open:     out.len(),
	}
	totals.published.Add(int64(b.open))
	acks.register(b)

	b.mu.Lock()
	defer b.mu.Unlock()
	b.timers = []func() bool{
		time.AfterFunc(timeout, func() { b.expire(errAckTimeout) }).Stop,
		context.AfterFunc(ctx, func() { b.expire(errInterrupted) }),
	}
	b.close(0)
	return b
}

// publish sends the messages in order, with at most maxPending of them waiting
// for their acknowledgement.
func (b *batch) publish(conn *nats.Conn, opts *batchOptions) {
	for i := range b.outcomes {
		if !b.markSent(i, opts.maxPending) {
			return
		}
		msg := b.out.message(i)
		msg.Reply = b.acks.replyTo(b, i)
		b.send(conn, i, msg)
	}
}

func (b *batch) send(conn *nats.Conn, index int, msg *nats.Msg) {
	totals.bytes.Add(int64(len(msg.Data)))
	// While it reconnects the library keeps messages for later. They would count as sent, and arrive in one burst.
	if !conn.IsConnected() {
		b.settle(index, time.Now(), ack{refusal: errNotConnected, unsent: true})
		return
	}
	if err := conn.PublishMsg(msg); err != nil {
		b.settle(index, time.Now(), ack{refusal: sendError(conn, msg, err), unsent: true})
	}
}

// markSent waits until fewer than maxPending messages are in flight and adds
// this one to them. It returns false when the batch is over.
func (b *batch) markSent(index, maxPending int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.over && b.inFlight >= maxPending {
		b.mu.Unlock()
		<-b.room
		b.mu.Lock()
	}
	if b.over {
		return false
	}
	b.inFlight++
	b.outcomes[index].status = statusSent
	b.outcomes[index].sent = time.Since(b.start)
	return true
}

// settle records the answer to one message. An answer to a message that has
// its outcome already changes nothing.
func (b *batch) settle(index int, at time.Time, answer ack) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if index >= len(b.outcomes) || b.outcomes[index].status != statusSent {
		return
	}
	o := &b.outcomes[index]
	o.latency = at.Sub(b.start) - o.sent
	o.sequence = answer.Sequence
	if answer.unsent {
		o.sent = notSent
	}
	switch {
	case answer.refusal != nil:
		o.status, o.err = statusRefused, answer.refusal
	case answer.Duplicate:
		o.status = statusDuplicate
	default:
		o.status = statusAcked
	}
	b.close(1)
}

// lose gives up the messages in flight: their answers cannot arrive any more.
func (b *batch) lose(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.close(b.giveUp(cause))
}

// expire ends the batch. What was not sent yet will not be.
func (b *batch) expire(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	closed := b.giveUp(cause)
	for i := range b.outcomes {
		if o := &b.outcomes[i]; o.status == statusUnsent {
			o.status, o.sent, o.err = statusRefused, notSent, fmt.Errorf("not sent: %w", cause)
			closed++
		}
	}
	b.close(closed)
}

// giveUp ends the waiting for what is in flight. What the server lets nobody
// publish it answers only by an error of the connection.
func (b *batch) giveUp(cause error) (closed int) {
	for i := range b.outcomes {
		o := &b.outcomes[i]
		if o.status != statusSent {
			continue
		}
		o.status, o.err = statusUnknown, cause
		if denied := b.acks.denials.of(b.out.subject(i)); denied != nil {
			o.status, o.err = statusRefused, denied
		}
		closed++
	}
	return closed
}

// close takes note that this many messages got their outcome, and ends the
// batch with the last of them.
func (b *batch) close(messages int) {
	b.open -= messages
	b.inFlight -= messages
	select {
	case b.room <- struct{}{}:
	default:
	}
	if b.open > 0 || b.over {
		return
	}
	b.over = true
	b.tally = count(b.outcomes)
	totals.settled(&b.tally)
	b.acks.forget(b)
	for _, stop := range b.timers {
		stop()
	}
	b.done()
}

func count(outcomes []outcome) tally {
	var t tally
	for i := range outcomes {
		o := &outcomes[i]
		switch o.status {
		case statusAcked:
			t.acked++
		case statusDuplicate:
			t.duplicates++
		case statusRefused:
			t.refused++
		case statusUnknown:
			t.unknown++
		}
		if o.stored() {
			t.latencySum += o.latency
			t.latencyMax = max(t.latencyMax, o.latency)
			if t.latencyMin == 0 || o.latency < t.latencyMin {
				t.latencyMin = o.latency
			}
		}
	}
	return t
}

// stored tells whether the server has the message.
func (o *outcome) stored() bool { return o.status == statusAcked || o.status == statusDuplicate }
