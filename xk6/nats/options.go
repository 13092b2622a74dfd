package nats

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"go.k6.io/k6/js/common"
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

// setters holds, for an object of options, one function per name it may have.
type setters map[string]func(sobek.Value) error

func readOptions(rt *sobek.Runtime, v sobek.Value) (*options, error) {
	o := &options{
		name:          "k6",
		timeout:       nats.DefaultTimeout,
		maxReconnects: -1,
		reconnectWait: nats.DefaultReconnectWait,
	}
	err := setters{
		"servers":       func(v sobek.Value) error { return o.setServers(rt, v) },
		"unsafe":        boolean(&o.unsafe),
		"token":         text(&o.token),
		"user":          text(&o.user),
		"password":      text(&o.password),
		"creds":         text(&o.creds),
		"nkey":          text(&o.nkey),
		"domain":        text(&o.domain),
		"tls":           o.setTLS,
		"name":          text(&o.name),
		"timeout":       millis(&o.timeout),
		"maxReconnects": o.setMaxReconnects,
		"reconnectWait": millis(&o.reconnectWait),
	}.apply("", v)
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

// optionError is a mistake in one option.
type optionError struct {
	name    string
	problem error
}

// Error names the option.
func (e *optionError) Error() string { return fmt.Sprintf("option %q: %s", e.name, e.problem) }

// Unwrap returns the problem.
func (e *optionError) Unwrap() error { return e.problem }

// apply hands every property of the object to its setter; prefix leads to the
// object in error messages.
func (s setters) apply(prefix string, v sobek.Value) error {
	obj, ok := v.(*sobek.Object)
	if !ok {
		return fmt.Errorf("want an object of options, got %s", describe(v))
	}
	for _, name := range obj.Keys() {
		set, known := s[name]
		if !known {
			allowed := slices.Sorted(maps.Keys(s))
			return &optionError{prefix + name, fmt.Errorf("unknown, want one of %s", strings.Join(allowed, ", "))}
		}
		value := obj.Get(name)
		if common.IsNullish(value) {
			continue
		}
		if err := set(value); err != nil {
			if nested := (*optionError)(nil); errors.As(err, &nested) {
				return err
			}
			return &optionError{prefix + name, err}
		}
	}
	return nil
}

func (o *options) setServers(rt *sobek.Runtime, v sobek.Value) error {
	if _, isText := v.Export().(string); isText {
		o.servers = []string{v.String()}
	} else if err := rt.ExportTo(v, &o.servers); err != nil {
		return fmt.Errorf("want a list of server URLs, got %s", describe(v))
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
	err := setters{
		"ca":                 text(&o.tls.ca),
		"cert":               text(&o.tls.cert),
		"key":                text(&o.tls.key),
		"insecureSkipVerify": boolean(&o.tls.insecureSkipVerify),
	}.apply("tls.", v)
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
		return fmt.Errorf("want a whole number, -1 for no limit, got %s", describe(v))
	}
	o.maxReconnects = int(n)
	return nil
}

func text(target *string) func(sobek.Value) error {
	return func(v sobek.Value) error {
		s, ok := v.Export().(string)
		if !ok {
			return fmt.Errorf("want a string, got a %s", kind(v)) // not the value: it may be a secret
		}
		*target = s
		return nil
	}
}

func boolean(target *bool) func(sobek.Value) error {
	return func(v sobek.Value) error {
		b, ok := v.Export().(bool)
		if !ok {
			return fmt.Errorf("want true or false, got %s", describe(v))
		}
		*target = b
		return nil
	}
}

func millis(target *time.Duration) func(sobek.Value) error {
	return func(v sobek.Value) error {
		ms := v.ToFloat()
		if kind(v) != "number" || !(ms > 0) {
			return fmt.Errorf("want a number of milliseconds above 0, got %s", describe(v))
		}
		*target = time.Duration(ms * float64(time.Millisecond))
		return nil
	}
}

// kind is what typeof says of a value that is not a string.
func kind(v sobek.Value) string {
	switch v.Export().(type) {
	case bool:
		return "boolean"
	case int64, float64:
		return "number"
	}
	return "object"
}

// describe is the value as an error message quotes it.
func describe(v sobek.Value) string {
	if common.IsNullish(v) {
		return "nothing"
	}
	if s, isText := v.Export().(string); isText {
		return fmt.Sprintf("%q", s)
	}
	return v.String()
}

func positive(target *int) func(sobek.Value) error {
	return func(v sobek.Value) error {
		n, ok := v.Export().(int64)
		if !ok || n < 1 {
			return fmt.Errorf("want a whole number above 0, got %s", describe(v))
		}
		*target = int(n)
		return nil
	}
}
