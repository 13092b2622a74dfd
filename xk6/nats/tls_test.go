package nats

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"throughline.dev/xk6/internal/natstest"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	serverCert, serverKey := ca.issue(t, x509.ExtKeyUsageServerAuth)
	pair, err := tls.X509KeyPair(serverCert, serverKey)
	require.NoError(t, err)
	clientCert, clientKey := ca.issue(t, x509.ExtKeyUsageClientAuth)
	caFile := writeFile(t, "ca.pem", ca.pem)
	certFile, keyFile := writeFile(t, "cert.pem", clientCert), writeFile(t, "key.pem", clientKey)

	secured := func(t *testing.T, clientAuth tls.ClientAuthType) *server.Server {
		return natstest.Start(t, func(o *server.Options) {
			o.TLSTimeout = natstest.Timeout.Seconds()
			o.TLSConfig = &tls.Config{
				MinVersion:   tls.VersionTLS12,
				Certificates: []tls.Certificate{pair},
				ClientAuth:   clientAuth,
				ClientCAs:    ca.pool,
			}
		})
	}
	t.Run("authority", func(t *testing.T) {
		t.Parallel()
		deliveredOver(t, secured(t, tls.NoClientCert), fmt.Sprintf(`{servers: [URL], tls: {ca: %q}}`, caFile))
	})
	t.Run("client certificate", func(t *testing.T) {
		t.Parallel()
		srv := secured(t, tls.RequireAndVerifyClientCert)
		deliveredOver(t, srv, fmt.Sprintf(`{servers: [URL], tls: {ca: %q, cert: %q, key: %q}}`, caFile, certFile, keyFile))
	})
	t.Run("no verification", func(t *testing.T) {
		t.Parallel()
		srv := secured(t, tls.NoClientCert)
		deliveredOver(t, srv, `{servers: [URL], unsafe: true}`)
		deliveredOver(t, srv, `{servers: [URL], tls: {insecureSkipVerify: true}}`)
	})
	t.Run("unsafe without TLS", func(t *testing.T) {
		t.Parallel()
		deliveredOver(t, natstest.Start(t), `{servers: [URL], unsafe: true}`)
	})
	t.Run("unknown authority", func(t *testing.T) {
		t.Parallel()
		srv := secured(t, tls.NoClientCert)
		vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
		assert.Equal(t,
			"nats: connect to "+srv.ClientURL()+": tls error: tls: failed to verify certificate: x509: certificate signed by unknown authority",
			vu.failure(`nc.publish("topic", "text")`))
	})
	t.Run("missing file", func(t *testing.T) {
		t.Parallel()
		vu := newVU(t, nil).init(`const nc = new Nats({servers: "127.0.0.1", tls: {ca: "/nowhere.pem"}})`)
		assert.Contains(t, vu.failure(`nc.publish("topic", "text")`), "/nowhere.pem")
	})
}

// authority signs certificates for 127.0.0.1.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pool}
}

func (a *authority) issue(t *testing.T, usage x509.ExtKeyUsage) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{usage},
	}, a.cert, &private.PublicKey, a.key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}
