package nats

import (
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	defaults := func(adjust func(*options)) *options {
		o := &options{
			servers:       []string{"nats://localhost:4222"},
			name:          "k6",
			timeout:       2 * time.Second,
			maxReconnects: -1,
			reconnectWait: 2 * time.Second,
		}
		adjust(o)
		return o
	}
	for name, test := range map[string]struct {
		script string
		want   *options
	}{
		"servers only":    {`{servers: ["nats://localhost:4222"]}`, defaults(func(*options) {})},
		"one server":      {`{servers: "nats://localhost:4222"}`, defaults(func(*options) {})},
		"no scheme":       {`{servers: ["a:1", "b"]}`, defaults(func(o *options) { o.servers = []string{"a:1", "b"} })},
		"undefined value": {`{servers: "nats://localhost:4222", token: undefined}`, defaults(func(*options) {})},
		"token":           {`{servers: "nats://localhost:4222", unsafe: true, token: "t"}`, defaults(func(o *options) { o.unsafe, o.token = true, "t" })},
		"user":            {`{servers: "nats://localhost:4222", user: "u", password: "p"}`, defaults(func(o *options) { o.user, o.password = "u", "p" })},
		"creds":           {`{servers: "nats://localhost:4222", creds: "a.creds"}`, defaults(func(o *options) { o.creds = "a.creds" })},
		"times": {`{servers: "nats://localhost:4222", timeout: 1500, reconnectWait: 0.5}`, defaults(func(o *options) {
			o.timeout, o.reconnectWait = 1500*time.Millisecond, 500*time.Microsecond
		})},
		"reconnects": {`{servers: "nats://localhost:4222", maxReconnects: 0, name: "n"}`, defaults(func(o *options) { o.maxReconnects, o.name = 0, "n" })},
		"tls": {`{servers: "nats://localhost:4222", tls: {ca: "ca", cert: "c", key: "k", insecureSkipVerify: true}}`, defaults(func(o *options) {
			o.tls = &tlsOptions{"ca", "c", "k", true}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt := sobek.New()
			got, err := readOptions(rt, value(t, rt, "("+test.script+")"))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`undefined`:                            `nats: want an object of options, got nothing`,
		`"nats://localhost"`:                   `nats: want an object of options, got "nats://localhost"`,
		`({})`:                                 `nats: option "servers" is missing: want a list of server URLs like "nats://localhost:4222"`,
		`({servers: []})`:                      `nats: option "servers" is missing: want a list of server URLs like "nats://localhost:4222"`,
		`({servers: 5})`:                       `nats: option "servers": want a list of server URLs, got 5`,
		`({servers: ["http://h"]})`:            `nats: option "servers": "http://h" is not a server URL: want nats://host:port (or tls, ws, wss)`,
		`({servers: ["nats://u:secret@h:x"]})`: `nats: option "servers": "nats://h:x" is not a server URL: want nats://host:port (or tls, ws, wss)`,
		`({servers: ["u:secret@"]})`:           `nats: option "servers": "" is not a server URL: want nats://host:port (or tls, ws, wss)`,
		`({servers: "h", pasword: "secret"})`:  `nats: option "pasword": unknown, want one of creds, domain, maxReconnects, name, nkey, password, reconnectWait, servers, timeout, tls, token, unsafe, user`,
		`({servers: "h", tls: {crt: "c"}})`:    `nats: option "tls.crt": unknown, want one of ca, cert, insecureSkipVerify, key`,
		`({servers: "h", tls: {ca: 1}})`:       `nats: option "tls.ca": want a string, got a number`,
		`({servers: "h", tls: {cert: "c"}})`:   `nats: option "tls": cert and key go together: give both files or neither`,
		`({servers: "h", tls: true})`:          `nats: option "tls": want an object of options, got true`,
		`({servers: "h", unsafe: "yes"})`:      `nats: option "unsafe": want true or false, got "yes"`,
		`({servers: "h", timeout: "1s"})`:      `nats: option "timeout": want a number of milliseconds above 0, got "1s"`,
		`({servers: "h", timeout: 0})`:         `nats: option "timeout": want a number of milliseconds above 0, got 0`,
		`({servers: "h", reconnectWait: NaN})`: `nats: option "reconnectWait": want a number of milliseconds above 0, got NaN`,
		`({servers: "h", maxReconnects: -2})`:  `nats: option "maxReconnects": want a whole number, -1 for no limit, got -2`,
		`({servers: "h", password: "secret"})`: `nats: option "password" needs option "user"`,
		`({servers: "h", password: 12345})`:    `nats: option "password": want a string, got a number`,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			rt := sobek.New()
			_, err := readOptions(rt, value(t, rt, script))
			assert.EqualError(t, err, want)
		})
	}
}

func TestWithoutUser(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"nats://localhost:4222":       "nats://localhost:4222",
		"localhost:4222":              "localhost:4222",
		"nats://token@localhost:4222": "nats://localhost:4222",
		"tls://u:p@h":                 "tls://h",
		"u:p@h:1":                     "h:1",
		"nats://u:p@p@h:1":            "nats://h:1",
		"u:a://b@h:1":                 "h:1",
	} {
		assert.Equal(t, want, withoutUser(server), server)
	}
}
