package sockets

import (
	"context"
	"net"
	"sync"
	"time"

	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/netext"
)

// readBuffer keeps the kernel from reading ahead of a client that reads slowly.
const readBuffer = 16 << 10

// dialer opens connections as the VU's own does, and remembers those that are open.
type dialer struct {
	lib.DialContexter

	mu             sync.Mutex
	open           map[*conn]struct{}
	bytesPerSecond float64
}

func (d *dialer) read(bytesPerSecond float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytesPerSecond = bytesPerSecond
}

// DialContext opens a connection.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	inner, err := d.DialContexter.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	opened := &conn{Conn: inner, dialer: d, bytesPerSecond: d.bytesPerSecond, closed: make(chan struct{})}
	if opened.bytesPerSecond > 0 {
		narrow(inner)
	}
	if d.open == nil {
		d.open = make(map[*conn]struct{})
	}
	d.open[opened] = struct{}{}
	return opened, nil
}

// ResolveAddr resolves an address as the VU's own dialer does, where it can.
func (d *dialer) ResolveAddr(address string) (net.IP, int, error) {
	if resolver, ok := d.DialContexter.(lib.AddrResolver); ok {
		return resolver.ResolveAddr(address)
	}
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, 0, err
	}
	return resolved.IP, resolved.Port, nil
}

// cut closes all that is open, below whatever protocol is spoken on it.
func (d *dialer) cut() int {
	d.mu.Lock()
	open := d.open
	d.open = nil
	d.mu.Unlock()
	for c := range open {
		_ = c.Close()
	}
	return len(open)
}

func (d *dialer) forget(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, c)
}

// narrow is best effort: without it the first megabytes are read at once.
func narrow(c net.Conn) {
	if counted, ok := c.(*netext.Conn); ok {
		c = counted.Conn
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(readBuffer)
	}
}

// conn is a connection that can be read slowly.
type conn struct {
	net.Conn

	dialer         *dialer
	bytesPerSecond float64
	once           sync.Once
	closed         chan struct{}
}

// Read reads what is there, and then waits for as long as that may take.
func (c *conn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if c.bytesPerSecond > 0 && n > 0 {
		select {
		case <-time.After(time.Duration(float64(n) / c.bytesPerSecond * float64(time.Second))):
		case <-c.closed:
		}
	}
	return n, err
}

// Close ends the connection, and the wait of a slow read.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.dialer.forget(c)
	})
	return c.Conn.Close()
}
