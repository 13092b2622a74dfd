package influxdb

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	client "github.com/influxdata/influxdb1-client/v2"
)

// database is one of InfluxDB 1.x.
type database struct {
	name   string
	client client.Client
}

func openDatabase(address *url.URL) (string, writer, error) {
	name := strings.Trim(address.Path, "/")
	if name == "" || strings.Contains(name, "/") {
		return "", nil, errAddress
	}
	password, _ := address.User.Password()
	base := (&url.URL{Scheme: address.Scheme, Host: address.Host}).String()
	opened, err := client.NewHTTPClient(client.HTTPConfig{
		Addr: base, Username: address.User.Username(), Password: password, Timeout: timeout,
	})
	if err != nil {
		return "", nil, fmt.Errorf("--out throughline: %w", err)
	}
	return base + "/" + name, &database{name: name, client: opened}, nil
}

func (d *database) create() error {
	_, err := d.client.Query(client.NewQuery(fmt.Sprintf("CREATE DATABASE %q", d.name), "", ""))
	return err
}

func (d *database) write(points []*client.Point) error {
	batch, err := client.NewBatchPoints(client.BatchPointsConfig{Database: d.name})
	if err != nil {
		return err
	}
	batch.AddPoints(points)
	return d.client.Write(batch)
}

func (d *database) close() error { return d.client.Close() }

// bucket is one of InfluxDB 2, written to by its own API: the client of 1.x knows no token.
type bucket struct {
	address string
	token   string
	client  http.Client
}

func openBucket(address *url.URL) (string, writer, error) {
	asked := address.Query()
	org, name := asked.Get("org"), asked.Get("bucket")
	token, _ := address.User.Password()
	isKnown := address.Scheme == "http" || address.Scheme == "https"
	if !isKnown || org == "" || name == "" || token == "" || len(asked) > 2 || strings.Trim(address.Path, "/") != "" {
		return "", nil, errAddress
	}
	base := (&url.URL{Scheme: address.Scheme, Host: address.Host}).String()
	query := url.Values{"org": {org}, "bucket": {name}, "precision": {"ns"}}.Encode()
	opened := &bucket{address: base + "/api/v2/write?" + query, token: token, client: http.Client{Timeout: timeout}}
	return fmt.Sprintf("%s, organisation %s, bucket %s", base, org, name), opened, nil
}

// create does nothing: a bucket is made by who owns it.
func (b *bucket) create() error { return nil }

func (b *bucket) write(points []*client.Point) error {
	var lines strings.Builder
	for _, point := range points {
		lines.WriteString(point.String())
		lines.WriteByte('\n')
	}
	request, err := http.NewRequest(http.MethodPost, b.address, strings.NewReader(lines.String()))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Token "+b.token)
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusNoContent {
		return nil
	}
	said := struct{ Message string }{}
	_ = json.NewDecoder(io.LimitReader(answer.Body, 4096)).Decode(&said)
	return fmt.Errorf("%s %s", answer.Status, strings.ReplaceAll(said.Message, b.token, "(hidden)"))
}

func (b *bucket) close() error {
	b.client.CloseIdleConnections()
	return nil
}
