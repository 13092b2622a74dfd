package nats

import (
	"context"
	"errors"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"
)

// requestTimeout bounds requests to other clients and to the JetStream API.
const requestTimeout = 5 * time.Second

// client is one JS Nats object. It connects when it is first used, so that a
// script that creates clients in the init context can be inspected and
// archived without a server.
type client struct {
	in     *instance
	opts   *options
	closed bool
	subs   map[*subscription]struct{}

	conn *nats.Conn
	js   jetstream.JetStream
	acks *ackInbox
}

func newClient(in *instance, opts *options) *client {
	return &client{in: in, opts: opts, subs: make(map[*subscription]struct{})}
}

// methods is the JS interface of a client.
func (c *client) methods() map[string]any {
	return map[string]any{
		"connect":                     c.ready,
		"publish":                     c.publish,
		"publishWithHeaders":          c.publishWithHeaders,
		"publishMsg":                  c.publishMsg,
		"publishSeries":               c.publishSeries,
		"request":                     c.request,
		"subscribe":                   c.subscribe,
		"jetStreamSetup":              c.jetStreamSetup,
		"jetStreamDelete":             c.jetStreamDelete,
		"jetStreamInfo":               c.jetStreamInfo,
		"jetStreamPublish":            c.jetStreamPublish,
		"jetStreamPublishWithHeaders": c.jetStreamPublishWithHeaders,
		"jetStreamPublishMsg":         c.jetStreamPublishMsg,
		"jetStreamPublishBatch":       c.jetStreamPublishBatch,
		"jetStreamPublishSeries":      c.jetStreamPublishSeries,
		"jetStreamSubscribe":          c.jetStreamSubscribe,
		"close":                       c.close,
	}
}

// connect makes the connection on first use.
func (c *client) connect() error {
	if c.closed {
		return c.failure("client of", "", errClosed)
	}
	if c.conn != nil {
		return nil
	}
	acks := newAckInbox()
	conn, err := c.opts.dial(c.in.vu.State(), c.logger(), acks.abandon, acks.denials.add)
	if err != nil {
		return c.failure("connect to", "", err)
	}
	js, err := c.opts.jetStream(conn)
	if err == nil {
		err = acks.listen(conn)
	}
	if err != nil {
		conn.Close()
		return c.failure("connect to", "", err)
	}
	c.conn, c.js, c.acks = conn, js, acks
	c.in.deliveries.add(conn)
	return nil
}

// ready connects and has this VU's subscriptions served when the event loop
// gets control. Every method that uses the connection calls it first.
func (c *client) ready() error {
	if err := c.in.deliveries.resume(); err != nil {
		return err
	}
	return c.connect()
}

// asking bounds a request: a server does not answer what a user may not ask,
// and the context of setup() has a deadline of its own, a minute away.
func (c *client) asking() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.in.vu.Context(), requestTimeout)
}

// close ends the client's subscriptions and its connection. Messages still
// waiting for an acknowledgement become unknown.
func (c *client) close() {
	if c.closed {
		return
	}
	c.closed = true
	for sub := range c.subs {
		sub.close()
	}
	if c.conn != nil {
		c.in.deliveries.remove(c.conn)
		c.conn.Close()
	}
}

func (c *client) publish(subject, payload sobek.Value) error {
	return c.send(newMsg(subject, payload, nil))
}

func (c *client) publishWithHeaders(subject, payload, headers sobek.Value) error {
	return c.send(newMsg(subject, payload, headers))
}

func (c *client) publishMsg(message sobek.Value) error {
	return c.send(readMessage(message))
}

func (c *client) send(msg *nats.Msg, err error) error {
	if err != nil {
		return c.failure("publish on", "", err)
	}
	if err := c.ready(); err != nil {
		return err
	}
	if err := c.conn.PublishMsg(msg); err != nil {
		return c.failure("publish to", msg.Subject, sendError(c.conn, msg, err))
	}
	return nil
}

func (c *client) request(subject, payload, headers sobek.Value) (sobek.Value, error) {
	msg, err := newMsg(subject, payload, headers)
	if err != nil {
		return nil, c.failure("request on", "", err)
	}
	if err := c.ready(); err != nil {
		return nil, err
	}
	ctx, cancel := c.asking()
	defer cancel()
	reply, err := c.conn.RequestMsgWithContext(ctx, msg)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, c.failure("request to", msg.Subject, errNoReplier)
	case err != nil:
		return nil, c.failure("request to", msg.Subject, answerError(sendError(c.conn, msg, err)))
	}
	return newMessage(c.in.vu.Runtime(), reply.Subject, reply.Data, reply.Header), nil
}

func (c *client) failure(op, object string, cause error) error {
	return &opError{op: op, object: object, servers: c.opts.where(), cause: cause}
}

func (c *client) logger() logrus.FieldLogger {
	if state := c.in.vu.State(); state != nil {
		return state.Logger
	}
	return c.in.vu.InitEnv().Logger
}
