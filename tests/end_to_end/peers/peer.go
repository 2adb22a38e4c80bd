// peer client|server PORT CERTIFICATES [KEY=VALUE...]: either side on Go's crypto/tls; keys as in
// client.py and server.py.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"os"
	"strings"
	"time"
)

var options = map[string]string{}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func configuration(certificates, identity string) *tls.Config {
	config := &tls.Config{}
	if identity != "" {
		file := certificates + "/" + identity
		config.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(file+".pem", file+".key"))}
	}
	switch options["tls"] {
	case "1.2":
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	case "1.3":
		config.MinVersion, config.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if suite.Name == options["ciphers"] {
			config.CipherSuites = []uint16{suite.ID}
		}
	}
	if alpn := options["alpn"]; alpn != "" {
		config.NextProtos = []string{alpn}
	}
	return config
}

func roots(certificates string) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(must(os.ReadFile(certificates + "/root.crt")))
	return pool
}

func client(port, certificates string) {
	config := configuration(certificates, options["identity"])
	config.RootCAs = roots(certificates)
	config.ServerName = "a.test"
	if name := options["name"]; name != "" {
		config.ServerName = name
	}
	connection := must(tls.Dial("tcp", "127.0.0.1:"+port, config))
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(connection, "GET / HTTP/1.0\r\n\r\n")
	if _, err := io.Copy(os.Stdout, connection); err != nil {
		log.Print(err)
	}
	connection.Close()
}

func server(port, certificates string) {
	identity := options["identity"]
	if identity == "" {
		identity = "good"
	}
	config := configuration(certificates, identity)
	if options["clients"] == "require" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = roots(certificates)
	}
	if name := options["name"]; name != "" {
		only := config.Certificates[0]
		config.Certificates = nil
		config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == name {
				return &only, nil
			}
			return nil, nil
		}
	}
	listener := must(tls.Listen("tcp", "127.0.0.1:"+port, config))
	for {
		connection := must(listener.Accept())
		connection.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := connection.Read(make([]byte, 65536)); err == nil {
			io.WriteString(connection, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
		} else {
			log.Print(err)
		}
		connection.Close()
	}
}

func main() {
	for _, each := range os.Args[4:] {
		key, value, _ := strings.Cut(each, "=")
		options[key] = value
	}
	play := map[string]func(string, string){"client": client, "server": server}
	play[os.Args[1]](os.Args[2], os.Args[3])
}
