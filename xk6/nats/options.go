package nats

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"throughline.dev/xk6/internal/script"
)

// options is what the constructor was given, validated.
type options struct {
	servers       []string
	unsafe        bool
	token         string
	user          string
	password      string
	creds         string
	nkey          string
	domain        string
	tls           *tlsOptions
	name          string
	timeout       time.Duration
	maxReconnects int
	reconnectWait time.Duration
}

// tlsOptions names the PEM files of a TLS connection.
type tlsOptions struct {
	ca, cert, key      string
	insecureSkipVerify bool
}

func readOptions(rt *sobek.Runtime, v sobek.Value) (*options, error) {
	o := &options{
		name:          "k6",
		timeout:       nats.DefaultTimeout,
		maxReconnects: -1,
		reconnectWait: nats.DefaultReconnectWait,
	}
	err := script.Setters{
		"servers":       func(v sobek.Value) error { return o.setServers(rt, v) },
		"unsafe":        script.Boolean(&o.unsafe),
		"token":         script.Text(&o.token),
		"user":          script.Text(&o.user),
		"password":      script.Text(&o.password),
		"creds":         script.Text(&o.creds),
		"nkey":          script.Text(&o.nkey),
		"domain":        script.Text(&o.domain),
		"tls":           o.setTLS,
		"name":          script.Text(&o.name),
		"timeout":       script.Millis(&o.timeout),
		"maxReconnects": o.setMaxReconnects,
		"reconnectWait": script.Millis(&o.reconnectWait),
	}.Apply("", v)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	switch {
	case len(o.servers) == 0:
		return nil, errors.New(`nats: option "servers" is missing: want a list of server URLs like "nats://localhost:4222"`)
	case o.password != "" && o.user == "":
		return nil, errors.New(`nats: option "password" needs option "user"`)
	}
	return o, nil
}

func (o *options) setServers(rt *sobek.Runtime, v sobek.Value) error {
	if _, isText := v.Export().(string); isText {
		o.servers = []string{v.String()}
	} else if err := rt.ExportTo(v, &o.servers); err != nil {
		return fmt.Errorf("want a list of server URLs, got %s", script.Describe(v))
	}
	for _, server := range o.servers {
		if err := checkServer(server); err != nil {
			return err
		}
	}
	return nil
}

// checkServer refuses what the client library would refuse later with an error
// that quotes the URL, password included.
func checkServer(server string) error {
	absolute := server
	if !strings.Contains(server, "://") {
		absolute = "nats://" + server
	}
	u, err := url.Parse(absolute)
	if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
		return fmt.Errorf("%q is not a server URL: want nats://host:port (or tls, ws, wss)", withoutUser(server))
	}
	return nil
}

// userInfo matches what precedes the host of a URL, the scheme apart.
var userInfo = regexp.MustCompile(`^([A-Za-z]+://)?.*@`)

// withoutUser is the server's URL without user, password or token. The URL may
// be malformed.
func withoutUser(server string) string {
	return userInfo.ReplaceAllString(server, "$1")
}

func (o *options) setTLS(v sobek.Value) error {
	o.tls = &tlsOptions{}
	err := script.Setters{
		"ca":                 script.Text(&o.tls.ca),
		"cert":               script.Text(&o.tls.cert),
		"key":                script.Text(&o.tls.key),
		"insecureSkipVerify": script.Boolean(&o.tls.insecureSkipVerify),
	}.Apply("tls.", v)
	if err != nil {
		return err
	}
	if (o.tls.cert == "") != (o.tls.key == "") {
		return errors.New("cert and key go together: give both files or neither")
	}
	return nil
}

func (o *options) setMaxReconnects(v sobek.Value) error {
	n, ok := v.Export().(int64)
	if !ok || n < -1 {
		return fmt.Errorf("want a whole number, -1 for no limit, got %s", script.Describe(v))
	}
	o.maxReconnects = int(n)
	return nil
}
