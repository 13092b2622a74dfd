package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/lib"
)

// dial connects with these options, calls lost whenever the connection breaks,
// and told with every other error of it, as what the server does not permit. It
// goes through the VU's own dialer, names included, so that k6 counts its bytes
// and its options on hosts apply.
func (o *options) dial(state *lib.State, log logrus.FieldLogger, lost, told func(error)) (*nats.Conn, error) {
	settings := []nats.Option{
		nats.Name(o.name),
		nats.Timeout(o.timeout),
		nats.MaxReconnects(o.maxReconnects),
		nats.ReconnectWait(o.reconnectWait),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err == nil { // closed by the script: the closed handler follows
				return
			}
			log.WithError(err).Warnf("nats: connection to %s lost", o.where())
			lost(err)
		}),
		nats.ClosedHandler(func(*nats.Conn) { lost(nats.ErrConnectionClosed) }),
		nats.ReconnectHandler(func(*nats.Conn) {
			log.Warnf("nats: connection to %s is back", o.where())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			told(err)
			log := log.WithError(err)
			if sub != nil {
				log = log.WithField("subject", sub.Subject)
			}
			log.Warnf("nats: %s", o.where())
		}),
	}
	dialer := &dialer{DialContexter: &net.Dialer{}, timeout: o.timeout}
	if state != nil {
		dialer.DialContexter = state.Dialer
	}
	settings = append(settings, nats.SetCustomDialer(dialer), nats.SkipHostLookup())
	if o.token != "" {
		settings = append(settings, nats.Token(o.token))
	}
	if o.user != "" {
		settings = append(settings, nats.UserInfo(o.user, o.password))
	}
	if o.creds != "" {
		settings = append(settings, nats.UserCredentials(o.creds))
	}
	if o.nkey != "" {
		nkey, err := nats.NkeyOptionFromSeed(o.nkey)
		if err != nil {
			return nil, fmt.Errorf("key file %s: %w", o.nkey, err)
		}
		settings = append(settings, nkey)
	}
	conn, err := nats.Connect(strings.Join(o.servers, ","), append(settings, o.security()...)...)
	if errors.Is(err, nats.ErrNoServers) && dialer.failure != nil {
		err = dialer.failure
	}
	return conn, err
}

// security is how the connection is encrypted. The option unsafe alone does
// not ask for TLS: it trusts whatever certificate a TLS server shows.
func (o *options) security() []nats.Option {
	var settings []nats.Option
	if o.unsafe || o.tls != nil && o.tls.insecureSkipVerify {
		settings = append(settings, func(n *nats.Options) error {
			n.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}
			return nil
		})
	}
	if o.tls == nil {
		return settings
	}
	settings = append(settings, nats.Secure())
	if o.tls.ca != "" {
		settings = append(settings, nats.RootCAs(o.tls.ca))
	}
	if o.tls.cert != "" {
		settings = append(settings, nats.ClientCert(o.tls.cert, o.tls.key))
	}
	return settings
}

// jetStream is the API of the domain, or of the server's own.
func (o *options) jetStream(conn *nats.Conn) (jetstream.JetStream, error) {
	timeout := jetstream.WithDefaultTimeout(requestTimeout)
	if o.domain == "" {
		return jetstream.New(conn, timeout)
	}
	return jetstream.NewWithDomain(conn, o.domain, timeout)
}

// where names the servers as errors and logs show them.
func (o *options) where() string {
	shown := make([]string, len(o.servers))
	for i, server := range o.servers {
		shown[i] = withoutUser(server)
	}
	return strings.Join(shown, ",")
}

// dialer is k6's dialer as the NATS client library wants it. It keeps the last
// failure, of which the library tells only that no server was available.
type dialer struct {
	lib.DialContexter
	timeout time.Duration
	failure error
}

// Dial connects to the address within the connection timeout.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d.timeout)
	defer cancel()
	conn, err := d.DialContext(ctx, network, address)
	d.failure = err
	return conn, err
}
