package streams

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib"
	"throughline.dev/xk6/internal/script"
	"throughline.dev/xk6/internal/workload"
)

// Streams is one JS Streams object. It connects when it is first used, and
// again after a connection has broken.
type Streams struct {
	vu        modules.VU
	templates *workload.Shared
	options   *options

	// mu is held while a series is sent and answered: those of one VU follow each
	// other.
	mu   sync.Mutex
	conn *connection
}

// Added is what became of the events of a series.
type Added struct {
	// SentAt is when the first was stamped, in milliseconds since the epoch.
	SentAt float64 `js:"sentAt"`
	// LatenciesMs is the time until the last was answered: one for all of them;
	// none when nothing was added.
	LatenciesMs []float64 `js:"latenciesMs"`
	Added       int       `js:"added"`
	// Failures are those that were not answered with an id.
	Failures []Failure `js:"failures"`

	readOnly bool
}

// Failure is an event that was not added, or of which that is not known.
type Failure struct {
	Index int `js:"index"`
	// Sent is false when there was no connection to send it by.
	Sent bool `js:"sent"`
	// Refused is true when the server said so.
	Refused bool   `js:"refused"`
	Error   string `js:"error"`
}

// AddSeries adds consecutive events of a template to a stream, all of them in
// one pipeline, and returns a promise of what became of each. It is rejected
// only when its arguments are wrong. The option timeout bounds the answers.
func (s *Streams) AddSeries(stream string, template, of, options sobek.Value) *sobek.Promise {
	rt := s.vu.Runtime()
	promise, resolve, reject := rt.NewPromise()
	series, err := s.templates.Series(template, of)
	timeout := s.options.server.ReadTimeout
	if err == nil && !common.IsNullish(options) {
		err = script.Setters{"timeout": script.Millis(&timeout)}.Apply("", options)
	}
	state := s.vu.State()
	if err == nil && state == nil {
		err = common.NewInitContextError("redis-streams: nothing is sent in the init context")
	}
	if err != nil {
		_ = reject(script.Mistake(rt, err))
		return promise
	}
	ctx := s.vu.Context()
	enqueue := s.vu.RegisterCallback()
	go func() {
		added := s.add(ctx, state, &adding{series, stream, timeout})
		enqueue(func() error { return resolve(added) })
	}()
	return promise
}

// adding is a series on its way into a stream.
type adding struct {
	*workload.Series

	stream  string
	timeout time.Duration
}

func (s *Streams) add(ctx context.Context, state *lib.State, series *adding) *Added {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.conn == nil {
		s.conn, err = s.options.open(ctx, state)
	}
	isOpen := err == nil
	start := time.Now()
	result := &Added{SentAt: float64(start.UnixMicro()) / 1e3, LatenciesMs: []float64{}, Failures: []Failure{}}
	if isOpen {
		err = s.conn.exchange(ctx, series, result)
	}
	if err != nil {
		for i := result.Added + len(result.Failures); i < int(series.Count); i++ {
			result.Failures = append(result.Failures, Failure{i, isOpen, refusedBy(err), err.Error()})
		}
	}
	// A server that has become a replica is no longer the one to send to.
	if isOpen && (err != nil || result.readOnly) {
		s.conn.close()
		s.conn = nil
	}
	if result.Added > 0 {
		result.LatenciesMs = append(result.LatenciesMs, float64(time.Since(start))/float64(time.Millisecond))
	}
	return result
}

// refusedBy tells whether an error that a connection could not be opened for is
// the server's own word: NOAUTH, LOADING.
func refusedBy(err error) bool { return answered.MatchString(err.Error()) }

var answered = regexp.MustCompile(`^[A-Z]+ `)

// exchange sends a series and reads what the server answers to each event. An
// error is the connection's: what was not answered until then is not known.
func (c *connection) exchange(ctx context.Context, series *adding, result *Added) error {
	if err := c.socket.SetDeadline(time.Now().Add(series.timeout)); err != nil {
		return err
	}
	interrupted := context.AfterFunc(ctx, func() { _ = c.socket.SetDeadline(time.Unix(1, 0)) })
	defer interrupted()
	if err := c.send(series); err != nil {
		return err
	}
	for i := range int(series.Count) {
		var refused refusal
		switch err := readID(c.reader); {
		case err == nil:
			result.Added++
		case errors.As(err, &refused):
			result.Failures = append(result.Failures, Failure{i, true, true, refused.Error()})
			result.readOnly = result.readOnly || strings.HasPrefix(refused.Error(), "READONLY ")
		default:
			return err
		}
	}
	return nil
}

// send writes the commands, each stamped when it is written.
func (c *connection) send(series *adding) error {
	head := headOf(series.stream)
	framed := series.Framed(appendBulk)
	buf := c.writing[:0]
	for i := range int(series.Count) {
		stamped := series.Stamp(i)
		buf = framed.Entry(buf, &stamped, head)
		if len(buf) < bufferBytes {
			continue
		}
		if _, err := c.socket.Write(buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	c.writing = buf
	if len(buf) == 0 {
		return nil
	}
	_, err := c.socket.Write(buf)
	return err
}

// headOf returns what a command begins with, by the number of its fields: the
// same one for all, as most entries have the same fields.
func headOf(stream string) func(fields int) []byte {
	var head []byte
	of := -1
	return func(fields int) []byte {
		if fields != of {
			head = appendArray(head[:0], fields+3)
			for _, argument := range []string{"XADD", stream, "*"} {
				head = appendBulk(head, []byte(argument))
			}
			of = fields
		}
		return head
	}
}
