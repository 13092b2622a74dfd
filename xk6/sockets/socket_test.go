package sockets

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// fragile is a dialer whose connection breaks when it is told to.
type fragile struct {
	breaks  atomic.Bool
	last    []byte // is still read when the connection is closed
	undated atomic.Int32
}

func (f *fragile) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &fragileConn{Conn: conn, of: f}, err
}

type fragileConn struct {
	net.Conn

	of       *fragile
	mu       sync.Mutex
	deadline time.Time
	lastRead bool
}

func (c *fragileConn) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = at
	return c.Conn.SetWriteDeadline(at)
}

func (c *fragileConn) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline.IsZero() {
		c.of.undated.Add(1)
	}
	if c.of.breaks.Load() {
		return 0, errors.New("it broke")
	}
	return c.Conn.Write(text)
}

func (c *fragileConn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if err != nil && c.of.breaks.Load() && !c.lastRead {
		c.lastRead = true
		return copy(into, c.of.last), nil
	}
	return n, err
}

func (c *fragileConn) Close() error {
	if c.of.breaks.Load() {
		time.Sleep(100 * time.Millisecond) // what is told before is read before
	}
	return c.Conn.Close()
}

func echo(conn *websocket.Conn) {
	for {
		kind, text, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, text) != nil {
			return
		}
	}
}

func TestAWriteThatFailsIsToldBehindWhatWasRead(t *testing.T) {
	frame := append([]byte{0x81, byte(len(eventOf(idA)))}, eventOf(idA)...)
	dialer := &fragile{last: frame}
	on := &stage{dialer: dialer, globals: map[string]any{"breaks": func() { dialer.breaks.Store(true) }}}
	reported := on.run(t, gateway(t, echo), `
		const sockets = new Sockets(options, told);
		const number = sockets.open(URL, {}, { ...lives,
			opened() { sockets.send(number, "a text") },
			read(message) {
				sockets.listen(number, Date.now(), '"path":"one"', '"filter":{}');
				breaks();
				sockets.send(number, "another");
			},
			failed(error) { report("failed " + error + " with " + sockets.takeArrivals(number).ids); sockets.ignore(number) },
		});
	`)
	require.Equal(t, []string{"failed it broke with " + idA, "closed 0 "}, reported)
	require.Equal(t, 1.0, on.sum("ws_msgs_sent"), "what was sent before it broke")
}

// sum is of the samples of a metric.
func (s *stage) sum(metric string) float64 {
	sum := 0.0
	for {
		select {
		case container := <-s.samples:
			for _, sample := range container.GetSamples() {
				if sample.Metric.Name == metric {
					sum += sample.Value
				}
			}
		default:
			return sum
		}
	}
}

func TestNoMessageIsWrittenForEver(t *testing.T) {
	dialer := &fragile{}
	on := &stage{dialer: dialer}
	before := int32(0)
	on.globals = map[string]any{"opened": func() { before = dialer.undated.Load() }}
	on.run(t, gateway(t, echo), `
		const sockets = new Sockets(options, told);
		const number = sockets.open(URL, {}, { ...lives,
			opened() { opened(); sockets.send(number, "a text") },
			read() { sockets.cut(number) },
		});
	`)
	require.Equal(t, before, dialer.undated.Load())
}

func TestOfASocketThatIsCutOnlyTheEndIsTold(t *testing.T) {
	url := gateway(t, func(conn *websocket.Conn) {
		say(t, conn, `{"type":"one"}`+"\n"+`{"type":"two"}`+"\n"+eventOf(idA))
		_ = untilClosed(conn)
	})
	reported := run(t, url, `
		const sockets = new Sockets(options, told);
		const number = sockets.open(URL, {}, { ...lives, read(message) { report(message); sockets.cut(number) },
			closed(code) { report("closed " + code + ", " + sockets.take().events + " events") } });
	`)
	require.Equal(t, []string{"opened", `{"type":"one"}`, "closed 1000, 0 events"}, reported)
}

func TestTimersFireBetweenWhatIsTold(t *testing.T) {
	more := make(chan struct{}, 1)
	url := gateway(t, func(conn *websocket.Conn) {
		go func() { _ = untilClosed(conn); _ = conn.Close() }()
		for range more {
			if conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"more"}`)) != nil {
				return
			}
		}
	})
	on := &stage{globals: map[string]any{"askForMore": func() {
		more <- struct{}{}
		time.Sleep(10 * time.Millisecond) // it has come before this is over
	}}}
	reported := on.run(t, url, `
		const sockets = new Sockets(options, told);
		let came = 0;
		const number = sockets.open(URL, {}, {
			opened() { setTimeout(() => { report("timer"); sockets.cut(number) }, 1); askForMore() },
			read() { if (++came < 200) askForMore(); else if (came === 200) { report("200 messages"); sockets.cut(number) } },
		});
	`)
	close(more)
	require.Equal(t, "timer", reported[0])
}

func TestOpeningWithoutAListenerHoldsNothing(t *testing.T) {
	reported := run(t, "ws://127.0.0.1:1", `
		try { new Sockets(options, told).open(URL, {}) } catch (error) { report(error.name) }
	`)
	require.Equal(t, []string{"TypeError"}, reported)
}

func TestSocketsFollowOneAnother(t *testing.T) {
	reported := run(t, gateway(t, echo), `
		const sockets = new Sockets(options, told);
		let left = 50;
		const open = () => {
			const number = sockets.open(URL, {}, {
				opened() { sockets.send(number, "a text"); sockets.cut(number) },
				closed() { if (--left > 0) open(); else report("all") },
			});
		};
		open();
	`)
	require.Equal(t, []string{"all"}, reported)
}
