// client.js PORT CERTIFICATES [KEY=VALUE...]: a careful client, on Node's tls; keys as in client.py.

const fs = require('fs');
const tls = require('tls');

const [port, certificates, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.map((each) => each.split(/=(.*)/s)));
const read = (name) => fs.readFileSync(`${certificates}/${name}`);

const settings = {host: '127.0.0.1', port, servername: options.name ?? 'a.test', ca: read('root.crt')};
if (options.tls) settings.minVersion = settings.maxVersion = `TLSv${options.tls}`;
if (options.ciphers) settings.ciphers = options.ciphers;
if (options.alpn) settings.ALPNProtocols = [options.alpn];
if (options.identity) {
  settings.cert = read(`${options.identity}.pem`);
  settings.key = read(`${options.identity}.key`);
}

const socket = tls.connect(settings, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
socket.on('error', (error) => console.error(error.code, error.message));
socket.pipe(process.stdout);
socket.setTimeout(10000, () => socket.destroy());
