package streams

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/grafana/sobek"
	"github.com/redis/go-redis/v9"
	"go.k6.io/k6/lib"
	"throughline.dev/xk6/internal/script"
)

// options is where the streams are.
type options struct {
	server *redis.Options
	// master is the name of the master that the Sentinel at the address knows;
	// empty where the address is the server's own.
	master string
}

// defaultTimeout bounds the answers to a series where the URL has no
// read_timeout.
const defaultTimeout = 5 * time.Second

func readOptions(v sobek.Value) (*options, error) {
	var address string
	o := &options{}
	err := script.Setters{"url": script.Text(&address), "masterName": script.Text(&o.master)}.Apply("", v)
	if err != nil {
		return nil, fmt.Errorf("redis-streams: %w", err)
	}
	if address == "" {
		return nil, errors.New(`redis-streams: option "url" is missing: want redis://host:port`)
	}
	if o.server, err = redis.ParseURL(address); err != nil {
		return nil, fmt.Errorf("redis-streams: %w", &script.OptionError{Name: "url", Problem: withoutAddress(err)})
	}
	// Nothing is sent twice by itself: an entry could be added twice.
	o.server.MaxRetries = -1
	o.server.Protocol = 2
	o.server.PoolSize = 1
	if o.server.ReadTimeout == 0 {
		o.server.ReadTimeout = defaultTimeout
	}
	return o, nil
}

// dialOf connects as k6 does, so that its hosts, its blocked addresses and its
// certificates count.
func dialOf(state *lib.State, secure *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	if secure == nil {
		return state.Dialer.DialContext
	}
	config := secure.Clone()
	if own := state.TLSConfig; own != nil {
		config.InsecureSkipVerify = own.InsecureSkipVerify
		config.CipherSuites, config.MinVersion, config.MaxVersion = own.CipherSuites, own.MinVersion, own.MaxVersion
		config.Renegotiation, config.KeyLogWriter = own.Renegotiation, own.KeyLogWriter
		config.Certificates = append(config.Certificates, own.Certificates...)
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := state.Dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		encrypted := tls.Client(conn, config)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return encrypted, nil
	}
}

// withoutAddress is an error without the URL that it may quote, password
// included.
func withoutAddress(err error) error {
	var quoted interface{ Unwrap() error }
	if errors.As(err, &quoted) {
		if cause := quoted.Unwrap(); cause != nil {
			return cause
		}
	}
	return err
}
