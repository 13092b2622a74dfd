package streams

import (
	"bufio"
	"context"
	"net"

	"github.com/redis/go-redis/v9"
	"go.k6.io/k6/lib"
)

// connection is one to a server, with its password given and its database
// chosen. The client library does that; what it costs to send a command by it,
// 9 us, is more than the server takes for one, so that commands are written
// here.
type connection struct {
	client *redis.Client
	socket net.Conn
	reader *bufio.Reader
	// writing is the memory of what is written, which stays.
	writing []byte
}

const bufferBytes = 64 << 10

// open connects.
func (o *options) open(ctx context.Context, state *lib.State) (*connection, error) {
	server := *o.server
	dial := dialOf(state, server.TLSConfig)
	if o.master != "" {
		address, err := o.masterAddress(ctx, dial)
		if err != nil {
			return nil, err
		}
		server.Addr = address
	}
	c := &connection{}
	server.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		socket, err := dial(ctx, network, address)
		c.socket = socket
		return socket, err
	}
	c.client = redis.NewClient(&server)
	// The library has it from now on for nobody else. A server that lets in who may
	// not ask answers with an error, and the connection stays.
	if err := c.client.Conn().Ping(ctx).Err(); err != nil && c.client.PoolStats().TotalConns == 0 {
		_ = c.client.Close()
		return nil, err
	}
	c.reader = bufio.NewReaderSize(c.socket, bufferBytes)
	c.writing = make([]byte, 0, bufferBytes+bufferBytes/8)
	return c, nil
}

// masterAddress asks the Sentinel.
func (o *options) masterAddress(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error)) (string, error) {
	sentinel := redis.NewSentinelClient(&redis.Options{
		Addr: o.server.Addr, Protocol: o.server.Protocol, Dialer: dial, MaxRetries: -1,
		DialTimeout: o.server.DialTimeout, ReadTimeout: o.server.ReadTimeout, WriteTimeout: o.server.WriteTimeout,
	})
	defer func() { _ = sentinel.Close() }()
	address, err := sentinel.GetMasterAddrByName(ctx, o.master).Result()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(address[0], address[1]), nil
}

func (c *connection) close() { _ = c.client.Close() }
