package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
	"throughline.dev/xk6/internal/script"
)

var errInitContext = errors.New("sockets: connections are opened in functions only")

// handshakeTimeout is that of k6's own sockets.
const handshakeTimeout = 60 * time.Second

// writeBuffers are shared: few sockets write at the same moment.
var writeBuffers sync.Pool

// door is where a connection is opened, with all that lets it in.
type door struct {
	state   *lib.State
	url     string
	dialer  websocket.Dialer
	headers http.Header
	tags    metrics.TagsAndMeta
	isPlain bool // what comes is what the library reads: there is no TLS
}

// doorOf is the door of a URL with parameters as k6/websockets has them.
func (s *Sockets) doorOf(address string, params sobek.Value) (*door, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if parsed.Scheme != "ws" && parsed.Scheme != "wss" {
		return nil, fmt.Errorf("sockets: want a URL with scheme ws or wss, got %q", parsed.Scheme)
	}
	state, rt := s.vu.State(), s.vu.Runtime()
	d := &door{state: state, url: address, headers: make(http.Header), tags: state.Tags.GetCurrentValues()}
	d.isPlain = parsed.Scheme == "ws"
	d.headers.Set("User-Agent", state.Options.UserAgent.String)
	var compression string
	if !common.IsNullish(params) {
		err = script.Setters{
			"tags":        func(v sobek.Value) error { return common.ApplyCustomUserTags(rt, &d.tags, v) },
			"compression": script.Text(&compression),
			"headers": func(v sobek.Value) error {
				headers := v.ToObject(rt)
				for _, key := range headers.Keys() {
					d.headers.Set(key, headers.Get(key).String())
				}
				return nil
			},
		}.Apply("", params)
	}
	if err != nil {
		return nil, fmt.Errorf("sockets: %w", err)
	}
	d.dialer = dialerOf(state, compression == "deflate")
	if d.isPlain {
		d.dialer.ReadBufferSize = libraryBuffer
	}
	return d, nil
}

func dialerOf(state *lib.State, deflates bool) websocket.Dialer {
	dialer := websocket.Dialer{
		HandshakeTimeout:  handshakeTimeout,
		NetDialContext:    state.Dialer.DialContext,
		Proxy:             http.ProxyFromEnvironment,
		EnableCompression: deflates,
		WriteBufferPool:   &writeBuffers,
		Jar:               jarOf(state),
	}
	if state.TLSConfig != nil {
		dialer.TLSClientConfig = state.TLSConfig.Clone()
		dialer.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return dialer
}

func jarOf(state *lib.State) http.CookieJar {
	if jar := state.CookieJar; jar != (*cookiejar.Jar)(nil) {
		return jar
	}
	return nil
}

// dial opens a connection, and tells k6's metrics of it as its own sockets do.
func (d *door) dial(ctx context.Context) (*connection, metrics.TagsAndMeta, error) {
	state := d.state
	began := time.Now()
	dialer := d.dialer
	isOpen := func() bool { return true }
	var below *emptied
	var plain *frames
	dialer.NetDialContext = func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := d.dialer.NetDialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		// A handshake that is under way does not look at its context.
		isOpen = context.AfterFunc(ctx, func() { _ = conn.Close() })
		below = newEmptied(conn)
		if !d.isPlain {
			return below, nil
		}
		plain = newFrames(below)
		return plain, nil
	}
	conn, answer, err := dialer.DialContext(ctx, d.url, d.headers)
	if !isOpen() && err == nil {
		err = context.Cause(ctx)
	}
	took := metrics.D(time.Since(began))
	tags := d.tags
	system := state.Options.SystemTags
	if conn != nil {
		if ip, _, splitErr := net.SplitHostPort(conn.RemoteAddr().String()); splitErr == nil {
			tags.SetSystemTagOrMetaIfEnabled(system, metrics.TagIP, ip)
		}
	}
	if answer != nil {
		_ = answer.Body.Close()
		tags.SetSystemTagOrMetaIfEnabled(system, metrics.TagStatus, strconv.Itoa(answer.StatusCode))
		if conn != nil {
			tags.SetSystemTagOrMetaIfEnabled(system, metrics.TagSubproto, conn.Subprotocol())
		}
	}
	name, isNamed := tags.Tags.Get(metrics.TagName.String())
	if !isNamed {
		name = d.url
		tags.SetSystemTagOrMetaIfEnabled(system, metrics.TagName, name)
	}
	tags.SetSystemTagOrMetaIfEnabled(system, metrics.TagURL, name)
	builtin := state.BuiltinMetrics
	metrics.PushIfNotDone(ctx, state.Samples, metrics.ConnectedSamples{
		Samples: []metrics.Sample{
			sampleOf(builtin.WSSessions, tags, began, 1),
			sampleOf(builtin.WSConnecting, tags, began, took),
		},
		Tags: tags.Tags,
		Time: began,
	})
	if err != nil {
		return nil, tags, err
	}
	if plain != nil {
		plain.isOpen = true
	}
	return &connection{Conn: conn, below: below, plain: plain}, tags, nil
}
