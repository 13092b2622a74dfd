package nats

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.k6.io/k6/js/modules"
)

const (
	// deliveriesWaiting is how many received messages wait for the event loop
	// before the client library drops some, which it reports.
	deliveriesWaiting = 1 << 15
	// streamDeliveriesWaiting is the same for JetStream, where nothing is
	// dropped: the consumer waits.
	streamDeliveriesWaiting = 1 << 10
	// deliveriesPerTurn is how many handlers run before timers and promises
	// get their turn.
	deliveriesPerTurn = 128
	flushTimeout      = time.Second
)

// streamDelivery is a message of a JetStream subscription.
type streamDelivery struct {
	sub *subscription
	msg jetstream.Msg
}

// deliveries brings the messages that one VU's subscriptions receive to their
// handlers, on the VU's event loop.
//
// A subscription does not keep an iteration going, unless it was asked to:
// when the loop gets control, what has arrived is delivered and the iteration
// can end. Before that the connections are flushed, so that a subscriber gets
// what its own VU has published even when it left no time for it to arrive.
type deliveries struct {
	vu     modules.VU
	conns  map[*nats.Conn]struct{}
	subs   map[*subscription]struct{}
	bySub  map[*nats.Subscription]*subscription
	unborn []*subscription // of the init context, opened in the first iteration

	core    chan *nats.Msg
	stream  chan streamDelivery
	changed chan struct{}
	busy    bool // a callback of ours is registered with the event loop
}

func newDeliveries(vu modules.VU) *deliveries {
	return &deliveries{
		vu:      vu,
		conns:   make(map[*nats.Conn]struct{}),
		subs:    make(map[*subscription]struct{}),
		bySub:   make(map[*nats.Subscription]*subscription),
		changed: make(chan struct{}, 1),
	}
}

// add starts flushing the connection before deliveries.
func (d *deliveries) add(conn *nats.Conn) { d.conns[conn] = struct{}{} }

// remove undoes add.
func (d *deliveries) remove(conn *nats.Conn) { delete(d.conns, conn) }

// messages is where core NATS subscriptions put what they receive.
func (d *deliveries) messages() chan *nats.Msg {
	if d.core == nil {
		d.core = make(chan *nats.Msg, deliveriesWaiting)
	}
	return d.core
}

// streamMessages is where JetStream subscriptions put what they receive.
func (d *deliveries) streamMessages() chan streamDelivery {
	if d.stream == nil {
		d.stream = make(chan streamDelivery, streamDeliveriesWaiting)
	}
	return d.stream
}

// enrol has an opened subscription served.
func (d *deliveries) enrol(sub *subscription) {
	d.subs[sub] = struct{}{}
	if sub.core != nil {
		d.bySub[sub.core] = sub
	}
	d.notify()
}

// dismiss undoes enrol.
func (d *deliveries) dismiss(sub *subscription) {
	delete(d.subs, sub)
	delete(d.bySub, sub.core)
	d.notify()
}

func (d *deliveries) notify() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// resume opens the subscriptions of the init context, clears those whose
// iteration is over, and has the rest served when the event loop gets control.
func (d *deliveries) resume() error {
	if d.vu.State() == nil {
		return nil
	}
	for len(d.unborn) > 0 {
		if err := d.unborn[0].open(); err != nil {
			return err
		}
		d.unborn = d.unborn[1:]
	}
	for sub := range d.subs {
		if sub.expired() {
			sub.close()
		}
	}
	if d.busy || len(d.subs) == 0 {
		return nil
	}
	d.busy = true
	d.vu.RegisterCallback()(d.collect)
	return nil
}

// collect flushes the connections, off the event loop, and then delivers.
func (d *deliveries) collect() error {
	ctx := d.vu.Context()
	conns := make([]*nats.Conn, 0, len(d.conns))
	for conn := range d.conns {
		conns = append(conns, conn)
	}
	enqueue := d.vu.RegisterCallback()
	go func() {
		flush(ctx, conns)
		enqueue(d.deliver)
	}()
	return nil
}

// flush takes two rounds: in the first the servers take in what was published,
// the second comes back behind what they routed to our subscriptions.
func flush(ctx context.Context, conns []*nats.Conn) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	for range 2 {
		for _, conn := range conns {
			_ = conn.FlushWithContext(ctx)
		}
	}
}

// deliver runs the handlers of what has arrived.
func (d *deliveries) deliver() error {
	for range deliveriesPerTurn {
		if d.vu.Context().Err() != nil {
			return d.rest(nil)
		}
		var err error
		select {
		case msg := <-d.core:
			err = d.handleCore(msg)
		case delivery := <-d.stream:
			err = d.handleStream(delivery)
		default:
			return d.await()
		}
		if err != nil {
			return d.rest(err)
		}
	}
	d.vu.RegisterCallback()(d.deliver)
	return nil
}

// await lets the iteration end, or waits for the next message if one of the
// subscriptions keeps it going.
func (d *deliveries) await() error {
	if !d.keptAlive() {
		return d.rest(nil)
	}
	ctx, core, stream := d.vu.Context(), d.core, d.stream
	enqueue := d.vu.RegisterCallback()
	go func() {
		first := func() error { return nil }
		select {
		case msg := <-core:
			first = func() error { return d.handleCore(msg) }
		case delivery := <-stream:
			first = func() error { return d.handleStream(delivery) }
		case <-d.changed:
		case <-ctx.Done():
		}
		enqueue(func() error {
			if ctx.Err() != nil {
				return d.rest(nil)
			}
			if err := first(); err != nil {
				return d.rest(err)
			}
			return d.deliver()
		})
	}()
	return nil
}

// rest leaves the event loop, with err for the iteration to fail with.
func (d *deliveries) rest(err error) error {
	d.busy = false
	return err
}

func (d *deliveries) keptAlive() bool {
	for sub := range d.subs {
		if sub.keepAlive {
			return true
		}
	}
	return false
}

func (d *deliveries) handleCore(msg *nats.Msg) error {
	sub, open := d.bySub[msg.Sub]
	if !open {
		return nil
	}
	return sub.handle(msg.Subject, msg.Data, msg.Header)
}

func (d *deliveries) handleStream(delivery streamDelivery) error {
	sub, msg := delivery.sub, delivery.msg
	if _, open := d.subs[sub]; !open {
		return nil
	}
	// Before the handler, which may close the subscription and with it the
	// consumer that takes the acknowledgement.
	sub.lastReply = msg.Reply()
	if err := msg.Ack(); err != nil {
		return sub.client.failure("acknowledge a message of", sub.subject, err)
	}
	return sub.handle(msg.Subject(), msg.Data(), msg.Headers())
}
