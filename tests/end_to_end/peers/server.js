// server.js PORT CERTIFICATES [KEY=VALUE...]: answers one request a connection, on Node's tls; keys as
// in server.py.

const fs = require('fs');
const tls = require('tls');

const [port, certificates, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.map((each) => each.split(/=(.*)/s)));
const read = (name) => fs.readFileSync(`${certificates}/${name}`);
const identity = options.identity ?? 'good';

const settings = {cert: read(`${identity}.pem`), key: read(`${identity}.key`)};
if (options.tls) settings.minVersion = settings.maxVersion = `TLSv${options.tls}`;
if (options.ciphers) settings.ciphers = options.ciphers;
if (options.alpn) settings.ALPNProtocols = [options.alpn];
if (options.clients === 'require') {
  Object.assign(settings, {ca: read('root.crt'), requestCert: true, rejectUnauthorized: true});
}
if (options.name) {
  settings.SNICallback = (name, done) =>
    name === options.name ? done(null) : done(new Error(`no ${name} here`));
}

const server = tls.createServer(settings, (socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n'));
});
server.on('tlsClientError', (error) => console.error(error.code, error.message));
server.listen(port, '127.0.0.1');
