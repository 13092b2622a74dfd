package nats

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/js/common"
	"throughline.dev/xk6/internal/script"
)

// subscription is one handler on one subject. Opened in an iteration, it ends
// with that iteration at the latest; made in the init context, it opens in the
// VU's first iteration and stays.
type subscription struct {
	client    *client
	subject   string
	handler   sobek.Callable
	jetStream bool
	keepAlive bool
	fromInit  bool
	closed    bool

	iteration context.Context // nil unless opened in an iteration
	detach    func() bool
	handled   atomic.Uint64
	gone      chan struct{}
	stopOnce  sync.Once

	core *nats.Subscription

	consumer  jetstream.Consumer
	consume   jetstream.ConsumeContext
	lastReply string // where the last handled message is acknowledged
}

// ackProgress on a message's reply subject tells the consumer that the message
// is being worked on. The server answers it after all acknowledgements before.
const ackProgress = "+WPI"

func (c *client) subscribe(subject, handler, options sobek.Value) (*sobek.Object, error) {
	return c.newSubscription(&subscription{client: c}, subject, handler, options)
}

func (c *client) jetStreamSubscribe(subject, handler, options sobek.Value) (*sobek.Object, error) {
	return c.newSubscription(&subscription{client: c, jetStream: true}, subject, handler, options)
}

// newSubscription returns the JS object of the subscription, with its method
// close.
func (c *client) newSubscription(sub *subscription, subject, handler, options sobek.Value) (*sobek.Object, error) {
	var ok bool
	if sub.subject, ok = script.TextOf(subject); !ok {
		return nil, c.failure("subscribe on", "", errNoSubject)
	}
	if sub.handler, ok = sobek.AssertFunction(handler); !ok {
		return nil, c.failure("subscribe to", sub.subject, errors.New("the handler is not a function"))
	}
	if !common.IsNullish(options) {
		if err := (script.Setters{"keepAlive": script.Boolean(&sub.keepAlive)}).Apply("", options); err != nil {
			return nil, c.failure("subscribe to", sub.subject, err)
		}
	}
	sub.gone = make(chan struct{})
	c.subs[sub] = struct{}{}
	if c.in.vu.State() == nil {
		sub.fromInit = true
		c.in.deliveries.unborn = append(c.in.deliveries.unborn, sub)
	} else if err := sub.start(); err != nil {
		sub.close()
		return nil, err
	}
	rt := c.in.vu.Runtime()
	obj := rt.NewObject()
	return obj, obj.Set("close", sub.close)
}

func (s *subscription) start() error {
	if err := s.client.ready(); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	return s.client.in.deliveries.resume()
}

// open subscribes at the server, which knows of it when open returns.
func (s *subscription) open() error {
	if s.closed {
		return nil
	}
	if err := s.client.connect(); err != nil {
		return err
	}
	subscribe := s.openCore
	if s.jetStream {
		subscribe = s.openConsumer
	}
	if err := subscribe(); err != nil {
		return s.client.failure("subscribe to", s.subject, answerError(err))
	}
	if !s.fromInit {
		log := s.client.logger()
		s.iteration = s.client.in.vu.Context()
		s.detach = context.AfterFunc(s.iteration, func() { s.abandon(log) })
	}
	s.client.in.deliveries.enrol(s)
	return nil
}

func (s *subscription) openCore() (err error) {
	s.core, err = s.client.conn.ChanSubscribe(s.subject, s.client.in.deliveries.messages())
	if err != nil {
		return err
	}
	if err = s.client.conn.FlushTimeout(requestTimeout); err != nil {
		_ = s.core.Unsubscribe()
		s.core = nil
	}
	return err
}

// openConsumer makes a consumer of its own on the stream that captures the
// subject, or that has it for a name, starting at the stream's first message.
func (s *subscription) openConsumer() error {
	ctx := s.client.in.vu.Context()
	js := s.client.js
	config := jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		FilterSubject: s.subject,
	}
	stream, err := js.StreamNameBySubject(ctx, s.subject)
	if errors.Is(err, jetstream.ErrStreamNotFound) && !strings.ContainsAny(s.subject, ".*>") {
		stream, config.FilterSubject = s.subject, ""
	} else if err != nil {
		return err
	}
	s.consumer, err = js.CreateConsumer(ctx, stream, config)
	if err != nil {
		return err
	}
	waiting := s.client.in.deliveries.streamMessages()
	s.consume, err = s.consumer.Consume(func(msg jetstream.Msg) { s.receive(waiting, msg) })
	return err
}

// receive hands a message over to the event loop, which may take its time: the
// consumer asks the server for no more than fits.
func (s *subscription) receive(stream chan<- streamDelivery, msg jetstream.Msg) {
	select {
	case stream <- streamDelivery{s, msg}:
	case <-s.gone:
	}
}

// handle runs the script's handler.
func (s *subscription) handle(subject string, data []byte, header nats.Header) error {
	s.handled.Add(1)
	_, err := s.handler(sobek.Undefined(), newMessage(s.client.in.vu.Runtime(), subject, data, header))
	return err
}

// expired tells whether the iteration of the subscription is over.
func (s *subscription) expired() bool { return s.iteration != nil && s.iteration.Err() != nil }

// abandon stops receiving at the end of the iteration. It runs on a goroutine
// of its own; close does the rest when the VU next uses the module.
func (s *subscription) abandon(log logrus.FieldLogger) {
	if s.core == nil {
		s.stop()
		return
	}
	received, err := s.core.Delivered()
	if err == nil && received > 0 && s.handled.Load() == 0 {
		log.Warnf("nats: %d messages on %q arrived while the event loop was waiting for something else, and were not "+
			"delivered; subscribe with {keepAlive: true} to have the iteration wait for messages", received, s.subject)
	}
	s.stop()
}

// stop ends receiving.
func (s *subscription) stop() {
	s.stopOnce.Do(func() {
		close(s.gone)
		if s.core != nil {
			_ = s.core.Unsubscribe() // fails only when the connection is closed
		}
		if s.consume != nil {
			s.consume.Stop()
		}
	})
}

// close ends the subscription. Messages that are still waiting for their
// handler are dropped.
func (s *subscription) close() {
	if s.closed {
		return
	}
	s.closed = true
	if s.detach != nil {
		s.detach()
	}
	s.stop()
	delete(s.client.subs, s)
	s.client.in.deliveries.dismiss(s)
	if s.consumer != nil && s.client.conn.IsConnected() {
		s.deleteConsumer()
	}
}

// deleteConsumer has the server forget the consumer, but not before it has
// taken in the acknowledgements that were sent.
func (s *subscription) deleteConsumer() {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	var err error
	if s.lastReply != "" {
		_, err = s.client.conn.RequestWithContext(ctx, s.lastReply, []byte(ackProgress))
	}
	if err == nil {
		info := s.consumer.CachedInfo()
		err = s.client.js.DeleteConsumer(ctx, info.Stream, info.Name)
	}
	if err != nil {
		s.client.logger().WithError(err).Debugf("nats: delete the consumer of %q on %s", s.subject, s.client.opts.where())
	}
}
