#!/bin/sh
# Makes the certificates and the key of this folder with the openssl tool (3.0 was used). They are committed:
# the tests compare values, so that a new run means new values in the tests.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat > "$scratch/openssl.cnf" <<'CONFIG'
oid_section = oids
[oids]
unknownExtension = 1.3.6.1.4.1.55555.1
[req]
distinguished_name = dn
prompt = no
utf8 = yes
string_mask = utf8only
[dn]
CN = replaced
[everything]
basicConstraints = critical, CA:TRUE, pathlen:3
keyUsage = critical, digitalSignature, keyCertSign, cRLSign
extendedKeyUsage = serverAuth, clientAuth, 1.3.6.1.4.1.311.10.3.3
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid, issuer:always
authorityInfoAccess = caIssuers;URI:http://ca.example/issuing.der, OCSP;URI:http://ocsp.example
tlsfeature = status_request
nameConstraints = permitted;DNS:example, excluded;IP:10.0.0.0/255.0.0.0
unknownExtension = critical, ASN1:UTF8String:what
subjectAltName = @names
[names]
DNS.1 = www.example
DNS.2 = *.api.example
IP.1 = 192.0.2.7
IP.2 = 2001:db8::1
email.1 = info@www.example
URI.1 = https://www.example/
dirName.1 = directory
otherName.1 = 1.3.6.1.4.1.311.20.2.3;UTF8:user@www.example
[directory]
O = Example
CN = in a directory
[leaf]
subjectAltName = DNS:partner.example
CONFIG

self_signed() {
  name=$1; subject=$2; extensions=$3; shift 3
  openssl req -x509 -new -config "$scratch/openssl.cnf" -extensions "$extensions" -utf8 -multivalue-rdn \
    -key "$scratch/$name.key" -subj "$subject" -set_serial 0x0badcafe01 -days 3650 "$@" -out "$name.pem"
}

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$scratch/everything.key"
self_signed everything '/C=DE/O=Example, Inc./OU=one/OU=two+L=Köln/CN=www.example' everything
openssl genpkey -algorithm ED25519 -out "$scratch/ed25519.key"
self_signed ed25519 '/C=DE/O=Example/CN=partner.example' leaf
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out "$scratch/rsa-pss.key"
self_signed rsa-pss '/C=DE/O=Example/CN=partner.example' leaf
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$scratch/rsa-signed-pss.key"
self_signed rsa-signed-pss '/C=DE/O=Example/CN=partner.example' leaf -sha384 -sigopt rsa_padding_mode:pss

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc \
  -pass 'pass:from a file' -out client-key.pem
