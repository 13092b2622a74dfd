package nats

import (
	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"throughline.dev/xk6/internal/script"
)

// jetStreamSetup creates the stream, or updates it when it exists.
func (c *client) jetStreamSetup(config sobek.Value) error {
	cfg, err := readStreamConfig(c.in.vu.Runtime(), config)
	if err != nil {
		return c.failure("set up a stream on", "", err)
	}
	if err := c.ready(); err != nil {
		return err
	}
	ctx, cancel := c.asking()
	defer cancel()
	if _, err := c.js.CreateOrUpdateStream(ctx, cfg); err != nil {
		return c.failure("set up stream", cfg.Name, answerError(err))
	}
	return nil
}

// jetStreamDelete deletes the stream with all its messages.
func (c *client) jetStreamDelete(stream string) error {
	if err := c.ready(); err != nil {
		return err
	}
	ctx, cancel := c.asking()
	defer cancel()
	if err := c.js.DeleteStream(ctx, stream); err != nil {
		return c.failure("delete stream", stream, answerError(err))
	}
	return nil
}

// jetStreamInfo reads the state of the stream.
func (c *client) jetStreamInfo(stream string) (streamInfo, error) {
	if err := c.ready(); err != nil {
		return streamInfo{}, err
	}
	ctx, cancel := c.asking()
	defer cancel()
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return streamInfo{}, c.failure("read stream", stream, answerError(err))
	}
	return newStreamInfo(s.CachedInfo()), nil
}

func (c *client) jetStreamPublish(subject, payload sobek.Value) (*publishAck, error) {
	return c.publishAcked(newMsg(subject, payload, nil))
}

func (c *client) jetStreamPublishWithHeaders(subject, payload, headers sobek.Value) (*publishAck, error) {
	return c.publishAcked(newMsg(subject, payload, headers))
}

func (c *client) jetStreamPublishMsg(message sobek.Value) (*publishAck, error) {
	return c.publishAcked(readMessage(message))
}

// publishAcked publishes one message and waits for its acknowledgement.
func (c *client) publishAcked(msg *nats.Msg, err error) (*publishAck, error) {
	if err != nil {
		return nil, c.failure("publish on", "", err)
	}
	if err := c.ready(); err != nil {
		return nil, err
	}
	over := make(chan struct{})
	b := newBatch(c.in.vu.Context(), c.acks, listed{msg}, defaultAckTimeout, func() { close(over) })
	b.publish(c.conn, &batchOptions{maxPending: 1})
	<-over
	o := &b.outcomes[0]
	if o.err != nil {
		return nil, c.failure("publish to", msg.Subject, o.err)
	}
	return &publishAck{o.sequence, o.status == statusDuplicate, milliseconds(o.latency)}, nil
}

// jetStreamPublishBatch publishes the messages and returns a promise of their
// outcomes.
func (c *client) jetStreamPublishBatch(messages, options sobek.Value) *sobek.Promise {
	return c.publishAll("publish a batch on", options, (*batch).publish,
		func() (outgoing, error) { return readBatchMessages(messages) })
}

// jetStreamPublishSeries publishes consecutive events of a template and returns
// a promise of their outcomes.
func (c *client) jetStreamPublishSeries(template, series, options sobek.Value) *sobek.Promise {
	return c.publishAll("publish a series on", options, (*batch).publish,
		func() (outgoing, error) { return c.readSeries(template, series) })
}

// publishSeries publishes consecutive events of a template without JetStream.
// That the server has taken them is known by its answer to a ping behind them.
func (c *client) publishSeries(template, series, options sobek.Value) *sobek.Promise {
	return c.publishAll("publish a series on", options, (*batch).publishPlain,
		func() (outgoing, error) { return c.readSeries(template, series) })
}

func (c *client) publishAll(
	op string, options sobek.Value, publish func(*batch, *nats.Conn, *batchOptions), read func() (outgoing, error),
) *sobek.Promise {
	rt := c.in.vu.Runtime()
	promise, resolve, reject := rt.NewPromise()
	out, err := read()
	var opts *batchOptions
	if err == nil {
		opts, err = readBatchOptions(options)
	}
	if err != nil {
		_ = reject(script.Mistake(rt, c.failure(op, "", err)))
		return promise
	}
	if err := c.ready(); err != nil {
		_ = reject(rt.NewGoError(err))
		return promise
	}
	enqueue := c.in.vu.RegisterCallback()
	var b *batch
	b = newBatch(c.in.vu.Context(), c.acks, out, opts.timeout, func() {
		enqueue(func() error {
			return resolve(newBatchResult(rt, b, func(subject string, cause error) error {
				return c.failure("publish to", subject, cause)
			}))
		})
	})
	publish(b, c.conn, opts)
	return promise
}
