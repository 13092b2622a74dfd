package nats

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"throughline.dev/xk6/internal/natstest"
)

const pollInterval = 5 * time.Millisecond

// deliveredOver publishes with a client made with these options and fails the
// test when the message does not arrive.
func deliveredOver(t *testing.T, srv *server.Server, options string) {
	t.Helper()
	vu := newVU(t, srv).init(`const nc = new Nats(` + options + `)`)
	got := vu.iterate(`
		nc.subscribe("topic", (msg) => report(msg.data));
		nc.publish("topic", "text");
	`)
	assert.Equal(t, []any{"text"}, got)
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	t.Run("token", func(t *testing.T) {
		t.Parallel()
		srv := natstest.Start(t, func(o *server.Options) { o.Authorization = "secret" })
		deliveredOver(t, srv, `{servers: [URL], token: "secret"}`)
	})
	t.Run("user and password", func(t *testing.T) {
		t.Parallel()
		srv := natstest.Start(t, func(o *server.Options) { o.Username, o.Password = "me", "secret" })
		deliveredOver(t, srv, `{servers: [URL], user: "me", password: "secret"}`)
		deliveredOver(t, srv, `{servers: ["nats://me:secret@`+srv.Addr().String()+`"]}`)
	})
	t.Run("credentials file", func(t *testing.T) {
		t.Parallel()
		operator, account, user := newKey(t, nkeys.CreateOperator), newKey(t, nkeys.CreateAccount), newKey(t, nkeys.CreateUser)
		accountJWT, err := jwt.NewAccountClaims(public(t, account)).Encode(operator)
		require.NoError(t, err)
		userJWT, err := jwt.NewUserClaims(public(t, user)).Encode(account)
		require.NoError(t, err)
		resolver := &server.MemAccResolver{}
		require.NoError(t, resolver.Store(public(t, account), accountJWT))
		srv := natstest.Start(t, func(o *server.Options) {
			o.JetStream = false
			o.TrustedKeys = []string{public(t, operator)}
			o.AccountResolver = resolver
		})
		seed, err := user.Seed()
		require.NoError(t, err)
		creds, err := jwt.FormatUserConfig(userJWT, seed)
		require.NoError(t, err)
		path := writeFile(t, "user.creds", creds)
		deliveredOver(t, srv, `{servers: [URL], creds: `+strconv.Quote(path)+`}`)
	})
}

func newKey(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	key, err := create()
	require.NoError(t, err)
	return key
}

func public(t *testing.T, key nkeys.KeyPair) string {
	t.Helper()
	name, err := key.PublicKey()
	require.NoError(t, err)
	return name
}

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestPermissionViolationIsLogged(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "me", Password: "p", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{"forbidden"}},
		}}}
	})
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL], user: "me", password: "p"})`)
	vu.iterate(`nc.publish("forbidden", "text")`)
	assert.Eventually(t, func() bool { return vu.logged("nats: " + srv.ClientURL()) }, natstest.Timeout, pollInterval)
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	keep := t.TempDir()
	stored := func(o *server.Options) { o.StoreDir = keep }
	srv := natstest.Start(t, stored)
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL], reconnectWait: 10})`)
	publish := `report((await nc.jetStreamPublishBatch([{subject: "s.a", data: "x"}])).acked)`
	assert.Equal(t, []any{int64(1)}, vu.async(`nc.jetStreamSetup({name: "s", subjects: ["s.>"]});`+publish))

	port := natstest.Port(srv)
	natstest.Stop(srv)
	require.Eventually(t, func() bool { return vu.logged("lost") }, natstest.Timeout, pollInterval)
	natstest.Start(t, stored, func(o *server.Options) { o.Port = port })
	require.Eventually(t, func() bool { return vu.logged("is back") }, natstest.Timeout, pollInterval)
	assert.Equal(t, []any{int64(1)}, vu.async(publish))
	assert.Equal(t, []any{int64(2)}, vu.iterate(`report(nc.jetStreamInfo("s").messages)`))
}

func TestNoReconnect(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL], maxReconnects: 0, reconnectWait: 1})`)
	vu.iterate(`nc.publish("topic", "text")`)
	natstest.Stop(srv)
	want := `nats: publish to "topic" on ` + srv.ClientURL() + `: connection closed`
	assert.Eventually(t, func() bool { return vu.failure(`nc.publish("topic", "text")`) == want }, natstest.Timeout, pollInterval)
}
