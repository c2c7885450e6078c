//! The order in which the examples of `peridio --help` are run. Each needs the records that the examples before it created.

/// Each line is either a command, all of whose examples are run at that point, or `$` and a preparation for the examples. A line with only
/// `peridio` is the command itself.
pub(crate) const STORY: &str = r##"
$ openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private_key.pem
$ cp private_key.pem any.key
$ for name in ca first device second third; do openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 30 -subj /CN=$name -keyout $name.key -out $name.pem; done
$ openssl x509 -in second.pem -outform der -out second.crt
$ printf firmware > firmware.bin; printf arm > fw-arm.bin; printf a64 > fw-a64.bin
$ cp credentials.json new-credentials.json
$ mkdir -p ~/.local/share/bash-completion/completions

completions
config profiles create
config profiles list
config profiles use
config profiles delete
status
users me
organization get
invitations create
invitations list
invitations get
invitations revoke
$ TOKEN=$(peridio invitations create --email grace@example.com --role developer --output json | sed -n 's/.*"url": *"[^"#]*#\([^"]*\)".*/\1/p'); curl -sSf "$PERIDIO_BASE_URL/v1/invitations/accept" -H "Origin: $PERIDIO_BASE_URL" -H 'olivine-console: 1' -H 'content-type: application/json' -d '{"token": "'$TOKEN'", "name": "Grace Hopper", "password": "other words that fit"}' -c cookies > /dev/null
$ curl -sSf "$PERIDIO_BASE_URL/v1/users/me/api_keys" -b cookies -H "Origin: $PERIDIO_BASE_URL" -H 'olivine-console: 1' -H 'content-type: application/json' -d '{"name": "laptop", "role": "reader"}' | sed -n 's/.*"key": *"\(olv_[^"]*\)".*/\1/p' > personal.key
views create
views list
views get
views update
views delete
users list
users get
memberships list
memberships get
memberships update
memberships delete
api-keys scopes
api-keys create
api-keys list
api-keys get
api-keys update
api-keys revoke

storage-backends create
storage-backends list
storage-backends get
storage-backends check
storage-backends update
storage-backends delete

signing-keys create
signing-keys list
signing-keys get
signing-keys disable
signing-keys enable
signing-keys delete
$ peridio signing-keys create --name production --public-key-file public_key.pem

artifacts create
artifacts list
artifacts get
artifacts update
artifacts delete
$ peridio artifacts create --name main-firmware

artifact-versions create
artifact-versions list
artifact-versions get
artifact-versions update
artifact-versions delete
$ peridio artifact-versions create --artifact main-firmware --version 1.0.0
$ peridio artifact-versions create --artifact main-firmware --version 1.1.0

binaries create
binaries list
binaries get
binary-parts create
binary-parts list
binary-parts get
binaries update
binaries upload
binaries delete
$ peridio binaries create --artifact-version main-firmware/1.0.0 --target arm-linux-gnueabihf --content-path firmware.bin
binary-signatures create
binary-signatures list
binary-signatures get
binary-signatures delete
binaries sign
binaries prune
binaries download
binaries downloads
binaries replicas

products create
products list
products get
products update
products delete
$ peridio products create --name gateway --target arm-linux-gnueabihf
cohorts create
cohorts list
cohorts get
cohorts update
cohorts delete
$ peridio cohorts create --product gateway --name daily
$ peridio cohorts create --product gateway --name stable

devices create
devices get
devices update
$ peridio devices update SN-000042 --cohort gateway/daily
devices quarantine
devices release-from-quarantine
devices import
devices bulk move
devices bulk tag
devices bulk untag
devices bulk quarantine
devices bulk lift
devices bulk list
devices bulk get
devices bulk cancel
$ peridio devices update SN-000042 --cohort gateway/daily
$ peridio device-certificates create --device SN-000042 --certificate first.pem
device-certificates list
device-certificates get
device-certificates delete
device-certificates create
ca-certificates create-verification-code
ca-certificates create
ca-certificates list
ca-certificates get
ca-certificates update
ca-certificates delete

bundles create
bundles list
bundles get
releases create
releases list
releases get
releases adoption
releases insights
releases graph
$ peridio releases create --cohort gateway/stable --bundle spring --name first --version 0.9.0
releases promote
binaries releases
binaries impact
lookup
devices list
devices summary
devices count
devices why
devices check-update
bundle-overrides create
bundle-overrides list
bundle-overrides get
bundle-overrides update
bundle-overrides delete
releases rollback
releases update
releases delete
push
peridio
events list
events get
events tail
events export

$ peridio releases update gateway/daily/main-1.2.0 --phase-value 100%
releases archive
releases unarchive
$ peridio bundles create --name winter --artifact-version main-firmware/1.0.0
bundles archive
bundles unarchive
$ peridio artifact-versions create --artifact main-firmware --version 0.9.0
artifact-versions archive
artifact-versions unarchive
$ peridio artifacts create --name old-firmware
artifacts archive
artifacts unarchive
$ peridio cohorts create --product gateway --name factory
cohorts archive
cohorts unarchive
$ peridio products create --name sensor
products archive
products unarchive
organization overview
organization stop
organization resume
jobs list
jobs get
jobs retry
$ peridio bundle-overrides delete hotfix
$ peridio releases delete 'gateway/daily/rollback of summer' --yes
$ peridio releases delete gateway/daily/spring --yes
$ peridio releases delete gateway/stable/spring --yes; peridio releases delete gateway/stable/first --yes
bundles delete
bundles update
binaries destroy
devices delete
signing-keys revoke
signing-keys update
$ peridio storage-backends create --name cold --url s3://acme-firmware/cold --region eu-central-1 --endpoint $(cat endpoint) --credentials-file credentials.json
organization update
"##;
