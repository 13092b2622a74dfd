package nats

import (
	"errors"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// publishPlain sends the messages in order, and a ping behind them. Messages of
// core NATS have no answer of their own: what the server has not refused by the
// time it answers the ping, it has taken.
func (b *batch) publishPlain(conn *nats.Conn, opts *batchOptions) {
	for i := range b.outcomes {
		if !b.markSent(i, len(b.outcomes)) {
			return
		}
		b.send(conn, i, b.out.message(i))
	}
	go func() {
		if err := conn.FlushTimeout(opts.timeout); err != nil {
			b.lose(err)
			return
		}
		at := time.Now()
		b.acks.denials.await(conn.LastError(), opts.timeout)
		for i := range b.outcomes {
			b.settle(i, at, ack{refusal: b.acks.denials.of(b.out.subject(i))})
		}
	}()
}

// denials is the subjects that the server lets nobody publish on by this
// connection. It tells the connection, not who published.
type denials struct {
	mu    sync.Mutex
	found map[string]error
	// recent is the errors told last: who waits for one may come after the next.
	recent []error
	more   chan struct{} // closed, and made anew, with every error that is told
}

// mostRecent is far more errors than are told before a goroutine gets its turn.
const mostRecent = 1024

var deniedPublish = regexp.MustCompile(`(?i)permissions violation for publish to "([^"]*)"`)

// add is told every error of the connection, in their order.
func (d *denials) add(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if match := deniedPublish.FindStringSubmatch(err.Error()); match != nil {
		if d.found == nil {
			d.found = map[string]error{}
		}
		d.found[match[1]] = err
	}
	d.recent = append(d.recent, err)
	d.recent = d.recent[max(0, len(d.recent)-mostRecent):]
	if d.more != nil {
		close(d.more)
		d.more = nil
	}
}

// of is why messages on a subject are refused; nil when they are not.
func (d *denials) of(subject string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.found[subject]
}

// forget is called when the connection breaks: the next one may have other
// rights.
func (d *denials) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.found)
}

// await waits until the last error of the connection has been told: the library
// tells errors some time after it has read them.
func (d *denials) await(last error, timeout time.Duration) {
	if !errors.Is(last, nats.ErrPermissionViolation) {
		return
	}
	deadline := time.After(timeout)
	for {
		more := d.after(last)
		if more == nil {
			return
		}
		select {
		case <-more:
		case <-deadline:
			return
		}
	}
}

// after is closed with the next error; nil when this one has been told.
func (d *denials) after(last error) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.Contains(d.recent, last) {
		return nil
	}
	if d.more == nil {
		d.more = make(chan struct{})
	}
	return d.more
}
