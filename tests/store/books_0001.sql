BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	iban TEXT NOT NULL, 
	bic TEXT, 
	name TEXT, 
	currency TEXT NOT NULL, 
	ledger_account TEXT, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_iban UNIQUE (iban)
)
 STRICT

;
INSERT INTO "accounts" VALUES(1,'DE89370400440532013000','COBADEFFXXX','Geschäftskonto Köln','EUR',NULL);
INSERT INTO "accounts" VALUES(2,'DE27370501980000012345','COLSDE33XXX','Geschäftskonto Bonn','EUR',NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE allocations (
	id INTEGER NOT NULL, 
	run_id INTEGER, 
	line_id INTEGER, 
	item_id INTEGER, 
	customer_id INTEGER, 
	entry_id INTEGER NOT NULL, 
	collection_id INTEGER, 
	reverses_id INTEGER, 
	amount INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	match_class TEXT NOT NULL, 
	band TEXT NOT NULL, 
	flags TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	booked_on TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	CONSTRAINT pk_allocations PRIMARY KEY (id), 
	CONSTRAINT fk_allocations_collection_id FOREIGN KEY(collection_id) REFERENCES collections (id), 
	CONSTRAINT fk_allocations_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT fk_allocations_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT fk_allocations_item_id FOREIGN KEY(item_id) REFERENCES items (id), 
	CONSTRAINT fk_allocations_line_id FOREIGN KEY(line_id) REFERENCES lines (id), 
	CONSTRAINT fk_allocations_reverses_id FOREIGN KEY(reverses_id) REFERENCES allocations (id), 
	CONSTRAINT fk_allocations_run_id FOREIGN KEY(run_id) REFERENCES match_runs (id)
)
 STRICT

;
INSERT INTO "allocations" VALUES(1,1,2,1,1,2,NULL,NULL,11900,'payment','C3','certain','[]','[{"rule":"invoice-number","facts":[["number","RE-2026-0815"],["found","RE-2026-0815"],["field","remittance"]]},{"rule":"amount-equal","facts":[["amount","119.00"],["open","119.00"],["number","RE-2026-0815"]]}]','2026-11-20','tester');
INSERT INTO "allocations" VALUES(2,1,5,2,2,3,NULL,NULL,5000,'payment','C3','certain','[]','[{"rule":"invoice-number","facts":[["number","RE-2026-0816"],["found","RE-2026-0816"],["field","remittance"]]},{"rule":"amount-equal","facts":[["amount","50.00"],["open","50.00"],["number","RE-2026-0816"]]}]','2026-11-20','tester');
CREATE TABLE batch_blocks (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	payment_information_id TEXT NOT NULL, 
	sequence TEXT NOT NULL, 
	collection_date TEXT NOT NULL, 
	account TEXT NOT NULL, 
	creditor_id TEXT NOT NULL, 
	count INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	CONSTRAINT pk_batch_blocks PRIMARY KEY (id), 
	CONSTRAINT fk_batch_blocks_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id), 
	CONSTRAINT uq_batch_blocks_payment_information_id UNIQUE (payment_information_id)
)
 STRICT

;
CREATE TABLE batches (
	id INTEGER NOT NULL, 
	branch_id INTEGER, 
	account_id INTEGER NOT NULL, 
	scheme TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	file_name TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	content BLOB NOT NULL, 
	collection_date TEXT NOT NULL, 
	count INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	created_on TEXT NOT NULL, 
	status TEXT NOT NULL, 
	exported_on TEXT, 
	submitted_on TEXT, 
	CONSTRAINT pk_batches PRIMARY KEY (id), 
	CONSTRAINT fk_batches_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_batches_branch_id FOREIGN KEY(branch_id) REFERENCES branches (id), 
	CONSTRAINT uq_batches_message_id UNIQUE (message_id)
)
 STRICT

;
CREATE TABLE branches (
	id INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	name TEXT NOT NULL, 
	account_id INTEGER, 
	creditor_id_code TEXT, 
	CONSTRAINT pk_branches PRIMARY KEY (id), 
	CONSTRAINT fk_branches_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_branches_code UNIQUE (code)
)
 STRICT

;
INSERT INTO "branches" VALUES(1,'K01','Filiale Köln',1,'K01');
INSERT INTO "branches" VALUES(2,'K02','Filiale Bonn',2,'K02');
INSERT INTO "branches" VALUES(3,'K03','Filiale Aachen',1,'K03');
CREATE TABLE collections (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	block_id INTEGER NOT NULL, 
	item_id INTEGER NOT NULL, 
	mandate_id INTEGER NOT NULL, 
	amount INTEGER NOT NULL, 
	due_date TEXT NOT NULL, 
	collection_date TEXT NOT NULL, 
	end_to_end_id TEXT NOT NULL, 
	iban TEXT NOT NULL, 
	amendment INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	CONSTRAINT pk_collections PRIMARY KEY (id), 
	CONSTRAINT fk_collections_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id), 
	CONSTRAINT fk_collections_block_id FOREIGN KEY(block_id) REFERENCES batch_blocks (id), 
	CONSTRAINT fk_collections_item_id FOREIGN KEY(item_id) REFERENCES items (id), 
	CONSTRAINT fk_collections_mandate_id FOREIGN KEY(mandate_id) REFERENCES mandates (id), 
	CONSTRAINT uq_collections_end_to_end_id UNIQUE (end_to_end_id), 
	CONSTRAINT uq_collections_item_id_mandate_id_due_date_attempt UNIQUE (item_id, mandate_id, due_date, attempt)
)
 STRICT

;
CREATE TABLE companies (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	creditor_id TEXT, 
	chart TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	CONSTRAINT pk_companies PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "companies" VALUES(1,'Optik Beispiel GmbH','DE98ZZZ09999999999','SKR03','{"accounts":[{"bic":"COBADEFFXXX","currency":"EUR","iban":"DE89370400440532013000","name":"Geschäftskonto Köln"},{"bic":"COLSDE33XXX","currency":"EUR","iban":"DE27370501980000012345","name":"Geschäftskonto Bonn"}],"branches":[{"account":"DE89370400440532013000","code":"K01","creditor_id_code":"K01","dunning_days":[],"name":"Filiale Köln"},{"account":"DE27370501980000012345","code":"K02","creditor_id_code":"K02","dunning_days":[],"name":"Filiale Bonn"},{"account":"DE89370400440532013000","code":"K03","creditor_id_code":"K03","dunning_days":[],"name":"Filiale Aachen"}],"collect":{"group_by_branch":true,"lead_days":1,"on_export":"in_collection","one_mandate_per_customer":true,"prenotification_days":14,"schema":"pain.008.001.08","service_contracts_apart":false},"company":{"chart":"SKR03","country":"DE","creditor_id":"DE98ZZZ09999999999","name":"Optik Beispiel GmbH","postcode":"50667","street":"Hauptstr. 1","town":"Köln"},"dunning":{"boundary":"inclusive","combine":"customer","deadline_days":10,"fee_mode":"replace","fee_scope":"per_notice","given":["boundary","combine","deadline_days","fee_mode","fee_scope","levels","min_gap_days","preset"],"levels":[{"after_days":14,"anchor":"due_date","channel":"letter","fee":"0.00","number":1},{"after_days":4,"anchor":"previous_deadline","channel":"letter","fee":"5.00","number":2},{"after_days":4,"anchor":"previous_deadline","channel":"letter","fee":"10.00","number":3}],"min_amount":"0.01","min_gap_days":7,"mixed_levels":"highest","preset":"amparex","repeat_last":false,"staleness_bank_days":3},"ledger":{},"matching":{"auto":"certain","fee_policy":"exact_only","no_auto_types":[]}}');
CREATE TABLE customers (
	id INTEGER NOT NULL, 
	customer_no TEXT NOT NULL, 
	name TEXT NOT NULL, 
	type TEXT NOT NULL, 
	language TEXT NOT NULL, 
	email TEXT, 
	street TEXT, 
	postcode TEXT, 
	town TEXT, 
	country TEXT, 
	branch_id INTEGER, 
	iban TEXT, 
	bic TEXT, 
	payment_term_days INTEGER, 
	dunning_days_1 INTEGER, 
	dunning_days_2 INTEGER, 
	dunning_days_3 INTEGER, 
	dunning_days_4 INTEGER, 
	dispatch TEXT NOT NULL, 
	dunning_block_until TEXT, 
	dunning_block_reason TEXT, 
	CONSTRAINT pk_customers PRIMARY KEY (id), 
	CONSTRAINT fk_customers_branch_id FOREIGN KEY(branch_id) REFERENCES branches (id), 
	CONSTRAINT uq_customers_customer_no UNIQUE (customer_no)
)
 STRICT

;
INSERT INTO "customers" VALUES(1,'10001','Max Muster','person','de',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'post',NULL,NULL);
INSERT INTO "customers" VALUES(2,'10002','Käthe Größe-Beispiel','person','de',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'post',NULL,NULL);
CREATE TABLE dunning_runs (
	id INTEGER NOT NULL, 
	as_of TEXT NOT NULL, 
	status TEXT NOT NULL, 
	settings_hash TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	excluded TEXT NOT NULL, 
	CONSTRAINT pk_dunning_runs PRIMARY KEY (id)
)
 STRICT

;
CREATE TABLE entries (
	id INTEGER NOT NULL, 
	booked_on TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	text TEXT NOT NULL, 
	reverses_id INTEGER, 
	CONSTRAINT pk_entries PRIMARY KEY (id), 
	CONSTRAINT fk_entries_reverses_id FOREIGN KEY(reverses_id) REFERENCES entries (id)
)
 STRICT

;
INSERT INTO "entries" VALUES(1,'2026-11-20','take_over','EUR','Übernahme offener Posten',NULL);
INSERT INTO "entries" VALUES(2,'2026-11-20','bank','EUR','RE-2026-0815 Max Muster',NULL);
INSERT INTO "entries" VALUES(3,'2026-11-20','bank','EUR','RE-2026-0816 Käthe Größe-Beispiel',NULL);
CREATE TABLE files (
	id INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	imported_on TEXT NOT NULL, 
	CONSTRAINT pk_files PRIMARY KEY (id), 
	CONSTRAINT uq_files_sha256 UNIQUE (sha256)
)
 STRICT

;
INSERT INTO "files" VALUES(1,'f2abb9e86b34f35208a9b38a1cdafb38bf278fec0546700ac1c3269cd2bb4eae','items.csv','items',176,X'789CCBCC2BCBCF4C4E8DCFCBB74E2E2D2EC9CF4D2D426527E6A65A27E6E697E69558A794A6C6A72496A45A271525E625677005B9EA1A191899E91A58189A5A1B1A1818185AFB265628F802F5A616591B1A5AEA1818581B1BE8191AEA81D4597B1B1822EB3103EB31B2F63EBCA4242355C1BDE8F0B6C3F353759D52338B0B325373AC4D0DB0E8070071473684','2026-11-20');
INSERT INTO "files" VALUES(2,'b5acde8c722e34ecc7ac309e6f860a696b8ea15ea7bbb94851374dc8f1c29baa','auszug0.sta','statement',250,X'789C358FCD6A02411084EFF314DE75D9EA9E9FECF46590DD59F5E046666615720B4192938724421E3F236A43534D51505F0B437259A732ECF241095BD12F3080312DAC66900650FDAE176A498936A3C43961A584F420EC886A888125E81674F4F4EAF689C8AF80A9A4717A9D521CDBF6AE4A3A27E45C00723CAC9BCD5C72BF4DBBB10482674B81918FA7B7653A7F7C5DAE97CF458A0D835D838E6CD03444632AA905F90EB7A9EDE0A079FFFEB7D85F7F7ECFDF4A3C06C183D6A37E50EF3B916AD43FBFD639E5','2026-11-20');
INSERT INTO "files" VALUES(3,'bceb5de9ca888c5033f8eaf9543e52555d31bb28912718daead6090dcd7c99ee','auszug0.sta','statement',516,X'789CCD91414BC4301085EFF915BDBBA533D324DBE452D63455595A256915BC95357517A4886BC19F6FBAEA41AF7BF1C163E0BD397CF03481F6DDC6757DE39926A12B4BEB7C0D025015B00829E7225685D1443C43A625D4DA904444657B87F167051063D44B48B0D8B8D8C6B8ED5CDDDEB6CED659F675992EA446294B006FEF36E955DF7973ED6EEAAE445024B024F0F70F8F172EECF6D33C3D27CEA6042453285094395696F3DF84D154E6D40C1F49331FDFC3DB1F98CAA9955267A06C87710C2199A7A7643BEFF6613A6108CC55C4F851C4E0918FCC3086E4321C8EAF87F0F2AF48E87B3782D36E2A0E442C659F53098049','2026-11-20');
INSERT INTO "files" VALUES(4,'9ee191200ae16cf38db7294055a4495a667270c49264bab3dc2d1861f833ac4d','auszug0.sta','statement',691,X'789CCDD2CD4AC3401007F07B9E624F5E6CE8CC249B66F712DA7453A5B4CA2655102FA16E4D2004691B104F7D10D18BCFE00BF44DFA246EEA07D56B2F0E0C0B337BF8C17F24814CB3BECE6693D491C4E55051CFEB01071421B485E4F9DCAEC25812F12E3A328044C61420A250338DF64F07C08E51B64382B6636DB7763CCD7432BD986A9574BB9FAF23C34062104400A9BAECBBA35996C667FA3CC92204411C2382F4EAFAE6549B795137F53DD3CA25A0C0851079E4E150F9FE6FA16D8A3C9AE48F6CD2ACD666F90733D4A223C4119471BE5818C39AFA8E8D9B7961EA3D83A3272CE3BB2CC3B73E8AF385610353AE1E4A53FD5B49AC391C974FBF7ECA8BAA0D68B779192CCBAA32BBCD333B616ADD94B787A9057BA440DED238F67E52F32C72BC7D5B17868D96DBF7EDAB710FB8F4756604ED99A16FEF891CD7F900BCACB31B','2026-11-20');
INSERT INTO "files" VALUES(5,'c1cd34c675b48a45fb9755d2aaf90ab5d940fc228f572a5ef8cb1c97764e79d5','auszug0.sta','statement',226,X'789C558EBD0E824010847B9EC25E08BB7B3FC0361702875A80E6EED0C44E8D89859548E2E30BD14227994C3253CCC704EC43E942DFFA8849716D29131928C02287594842AA69CA2B26D22946ACA1E18A342216B67788B28881A61A792E0966570E62802EB8A6DB76CE3669FAC98873CDA8B501F0765726AB3EF86AED364D3008052934047E7F382ECBF370B9DDC76130026B2BE53FD3643282DAD36BD18EC3F3FA98EEE94B45E2872A89DE26BA3588','2026-11-20');
INSERT INTO "files" VALUES(6,'85e7e17fe0562d25a4962bee35444bcc09d125cfb997dd841aaa5f3124c6761f','auszug0.sta','statement',974,X'789CAD534D8FDA3010FD2B7BE3B0023B065A88662D25316DA3960491B4774860B7DA3859D9A662FF7DC7365EDA4A487BA8948FF1CCBC37CF333688A139C9436FEECEB2EBF5C3E8A4FAF8A71E626D5AF7679432169B43F3149F751B373B6926743E9D501A4DE862C4217DAE874C1BA92A230D87CFEAE54BAB38ACF563DEF235106F40A60EC2D49233CA3E8CA368CC688DBC94E20324048104B82743602808C4B2244DE3DD90A749C1C56AB19C7EA4334A6733CC61349A52CBE7821E9135AF7CF57D8B35D000E209D25DC7A17EC1685BAA8D32EAD59ABCDCA402131145FE08109B984873870C0F23E41AF188D289AD935891596BC4DEE47DCBB3ADA82D34AC4118F75EF70CC4BAFCC789B8A124FBF65E25F3FFA5A47025FE667F277965B4539D96E5D78B6AE74A87E1F9F156E5B7E08F5D772BE712B243AB7E356A7B38F2F93C89FC1883C79EC0B32D2A06D93B1D9B75517B1D9F64E71B9A0B717155A7BDF5A2B9AA0436F9BA06E2D38927BA4EA340F07DB464F74B365B78965C6BC505EED61940C2848216DB4D613ADB04D33C2199C4561DF1406EC628FF6D05C5BE3CD667CD199060228983902B07F1C321FE56907FAE1C097798FF06D3C529DA','2026-11-20');
INSERT INTO "files" VALUES(7,'f7b44e6bd4755f3176b9ffcfdcb5e06c36ec289c0f1e45a7bad73c351c7242bb','auszug1.sta','statement',887,X'789C9553DB4EC3300CFD15DEF68036BB590B5B15226D4D810AAD435BE17D6BC745AC2D4A3234FE1EA759063C80406A13E7D8E7D8CE85CBB6DCD59BC69CECEB6DA32F7A3BD5C4CFBA8DB5A9BA992132169B4DF914EF751597ABDA0C300A0788C100473DC1A72F459B68532BB936496572F3509A46F02BF57A5D29C167FA31ABC48C833378A236D214B560C8CEFA41D06758903E227D1CBC9383A77B39A2FAD41CACCEA42C4D07F36C3AC9854C47E3E13986886188D190613044ABD8391D2329DF457AB7A02C64707002B951B498D4E684D08B1EF97B22C281A51248A4CA505F59538964210BE21ED77C69B4F58BE97C7E631DA4D941D3B67D7994C4A5FFB34B0E1682A3F37EB5FD29E6E0B2052EDF4AB5D83C88289A04AE648FD87DDFDBA4B2AD9BAE8EDB595EB83A2EEBED7B0765521EA0E56E6D5132D3A59454E971CDC1858313BA55DD8E902327F2693066A763168E9C4AA6B51292BAED0C0E8760F0B5D8DD94664B9B50ECDD4CA5D2983655D1D240C790B2B44FAD7C4138B8A0EF87C0FE7608E013FD9A90FD21E1F09F09E1B35970B708FC65851FDE04F8C7263E00D2031440','2026-11-20');
INSERT INTO "files" VALUES(8,'90946dd358a43257ef766b0e2eb76bbc72e33f0bcb6223c33a815bc159701768','auszug0.sta','statement',312,X'789C554F4D4B04310CBDF757781F972669E7AB97B2B61977196756DA8E0EDE56193C785317FCF9B62C083E12485EDE0B3C436062DA87B44C5118AA8DE7AE572D6800ADA15604A800209F3A67F22451980606E3A841A49A978035DC164183E6CA95F6815466E7908EF3690E3C481950C8939B92CC1E2A1629DDE13E96B548A5305D63107A0B101676E3C33EA6E80EE138249B69AAC112707E5531F10E2D910BEC2BCF7D374216FC415852F1E9F9A50A97EDEDE3FDFCBA59058F77F3E87918D675B50A3D6B42806B15346DD78355349D7F6EA6CBD7F7F66995EE51E758F42F2CB525EC4EFC02F9804988','2026-11-20');
CREATE TABLE findings (
	id INTEGER NOT NULL, 
	file_id INTEGER, 
	source TEXT NOT NULL, 
	code TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	place TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	found_on TEXT NOT NULL, 
	CONSTRAINT pk_findings PRIMARY KEY (id), 
	CONSTRAINT fk_findings_file_id FOREIGN KEY(file_id) REFERENCES files (id)
)
 STRICT

;
CREATE TABLE holds (
	id INTEGER NOT NULL, 
	item_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	since TEXT NOT NULL, 
	until TEXT, 
	lifted_on TEXT, 
	actor TEXT NOT NULL, 
	CONSTRAINT pk_holds PRIMARY KEY (id), 
	CONSTRAINT fk_holds_item_id FOREIGN KEY(item_id) REFERENCES items (id)
)
 STRICT

;
CREATE TABLE item_parts (
	id INTEGER NOT NULL, 
	item_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	due_date TEXT NOT NULL, 
	dunning_level INTEGER NOT NULL, 
	last_notice_on TEXT, 
	last_deadline TEXT, 
	CONSTRAINT pk_item_parts PRIMARY KEY (id), 
	CONSTRAINT fk_item_parts_item_id FOREIGN KEY(item_id) REFERENCES items (id), 
	CONSTRAINT uq_item_parts_item_id_kind UNIQUE (item_id, kind)
)
 STRICT

;
INSERT INTO "item_parts" VALUES(1,1,'total',11900,'2026-11-30',0,NULL,NULL);
INSERT INTO "item_parts" VALUES(2,2,'total',5000,'2026-11-30',0,NULL,NULL);
CREATE TABLE items (
	id INTEGER NOT NULL, 
	invoice_no TEXT NOT NULL, 
	customer_id INTEGER NOT NULL, 
	branch_id INTEGER, 
	document_type TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	open_amount INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	issue_date TEXT, 
	due_date TEXT NOT NULL, 
	payment_method TEXT NOT NULL, 
	mandate_ref TEXT, 
	service_contract TEXT, 
	creditor_reference TEXT, 
	discount_percent INTEGER, 
	discount_until TEXT, 
	language TEXT, 
	paid_before INTEGER NOT NULL, 
	CONSTRAINT pk_items PRIMARY KEY (id), 
	CONSTRAINT fk_items_branch_id FOREIGN KEY(branch_id) REFERENCES branches (id), 
	CONSTRAINT fk_items_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT uq_items_invoice_no UNIQUE (invoice_no)
)
 STRICT

;
INSERT INTO "items" VALUES(1,'RE-2026-0815',1,1,'invoice',11900,0,'EUR',NULL,'2026-11-30','transfer',NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "items" VALUES(2,'RE-2026-0816',2,1,'invoice',5000,0,'EUR',NULL,'2026-11-30','transfer',NULL,NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE lines (
	id INTEGER NOT NULL, 
	statement_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	parent_id INTEGER, 
	position INTEGER NOT NULL, 
	identity TEXT NOT NULL, 
	booking_date TEXT, 
	value_date TEXT, 
	amount INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	status TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	reversal INTEGER NOT NULL, 
	name TEXT, 
	iban TEXT, 
	bic TEXT, 
	ultimate_name TEXT, 
	remittance TEXT, 
	creditor_reference TEXT, 
	end_to_end_id TEXT, 
	mandate_id TEXT, 
	creditor_id TEXT, 
	payment_information_id TEXT, 
	message_id TEXT, 
	bank_ref TEXT, 
	customer_ref TEXT, 
	gvc TEXT, 
	bank_code TEXT, 
	purpose TEXT, 
	return_reason TEXT, 
	original_amount INTEGER, 
	charges INTEGER, 
	booking_text TEXT, 
	transactions INTEGER, 
	raw TEXT NOT NULL, 
	place TEXT NOT NULL, 
	open_amount INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_lines PRIMARY KEY (id), 
	CONSTRAINT fk_lines_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_lines_parent_id FOREIGN KEY(parent_id) REFERENCES lines (id), 
	CONSTRAINT fk_lines_statement_id FOREIGN KEY(statement_id) REFERENCES statements (id)
)
 STRICT

;
INSERT INTO "lines" VALUES(1,1,1,NULL,1,'d43ef4437cc513619e89efc28a876150','2026-11-20','2026-11-20',11900,'EUR','pending','credit_transfer',0,'Max Muster','DE44370501980000010002',NULL,NULL,'Rechnung RE-2026-0815',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'166',NULL,NULL,NULL,NULL,NULL,'SEPA-GUTSCHRIFT',NULL,':61:2611201120CR119,00NTRFNONREF//NONREF
:86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+Rechnung RE-2026-0815?31DE44370501980000010002?32Max Muster','auszug0.sta:6',0,'ignored');
INSERT INTO "lines" VALUES(2,2,2,NULL,1,'b5b8d22f252daf6f138d7d55c36ec636','2026-11-20','2026-11-20',11900,'EUR','booked','credit_transfer',0,'Max Muster','DE44370501980000010002',NULL,NULL,'Rechnung RE-2026-0815',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'166',NULL,NULL,NULL,NULL,NULL,'SEPA-GUTSCHRIFT',NULL,':61:2611201120CR119,00NTRFNONREF//NONREF
:86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+Rechnung RE-2026-0815?31DE44370501980000010002?32Max Muster','auszug0.sta:5',0,'matched');
INSERT INTO "lines" VALUES(3,2,2,NULL,2,'ce12dca92a1f9f47f721d318e028911a','2026-11-20','2026-11-20',-999,'EUR','booked','transfer_out',0,'Cafe Beispiel','DE51390500000000010045',NULL,NULL,'Kaffee und Kuchen',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'166',NULL,NULL,NULL,NULL,NULL,'SEPA-GUTSCHRIFT',NULL,':61:2611201120DR9,99NTRFNONREF//NONREF
:86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+Kaffee und Kuchen?31DE51390500000000010045?32Cafe Beispiel','auszug0.sta:7',-999,'unmatched');
INSERT INTO "lines" VALUES(4,2,2,NULL,3,'ce12dca92a1f9f47f721d318e028911a','2026-11-20','2026-11-20',-999,'EUR','booked','transfer_out',0,'Cafe Beispiel','DE51390500000000010045',NULL,NULL,'Kaffee und Kuchen',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'166',NULL,NULL,NULL,NULL,NULL,'SEPA-GUTSCHRIFT',NULL,':61:2611201120DR9,99NTRFNONREF//NONREF
:86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+Kaffee und Kuchen?31DE51390500000000010045?32Cafe Beispiel','auszug0.sta:9',-999,'unmatched');
INSERT INTO "lines" VALUES(5,3,2,NULL,4,'4c553eb41a6a1f17f84f2b48b80bcb53','2026-11-20','2026-11-20',5000,'EUR','booked','credit_transfer',0,'Käthe Größe-Beispiel','DE91500105170000010003',NULL,NULL,'Anzahlung „Brille“ & Etui\ RE-2026-0816',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'166',NULL,NULL,NULL,NULL,NULL,'SEPA-GUTSCHRIFT',NULL,':61:2611201120CR50,00NTRFNONREF//NONREF
:86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+Anzahlung „Brille“ & Etui\ RE-2026-0816?31DE91500105170000010003?32Käthe Größe-Beispiel','auszug0.sta:11',0,'matched');
INSERT INTO "lines" VALUES(6,4,2,NULL,1,'b41c50df5fa62ac8859807a0a1e649a9','2026-11-20','2026-11-20',0,'EUR','booked','credit_transfer',0,'Max Muster','DE44370501980000010002',NULL,NULL,'Abschluss',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'166',NULL,NULL,NULL,NULL,NULL,'SEPA-GUTSCHRIFT',NULL,':61:2611201120CR0,00NTRFNONREF//NONREF
:86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+Abschluss?31DE44370501980000010002?32Max Muster','auszug0.sta:5',0,'ignored');
INSERT INTO "lines" VALUES(7,5,1,NULL,1,'684eddc0d799c2a503ca649b7b3a002e','2026-11-20','2026-11-20',5000,'EUR','booked','batch',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'P-1',NULL,'55A1',NULL,'192','PMNT/IDDT/ESDD',NULL,NULL,NULL,NULL,NULL,2,'','auszug0.sta:1',5000,'unmatched');
INSERT INTO "lines" VALUES(8,6,1,NULL,1,'9e69ed855e0d9d6f65d54909464b367f','2026-11-20','2026-11-20',5000,'EUR','pending','batch',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'55A1',NULL,'192','PMNT/IDDT/ESDD',NULL,NULL,NULL,NULL,NULL,2,'','auszug1.sta:1',0,'ignored');
INSERT INTO "lines" VALUES(9,6,1,8,1,'9e69ed855e0d9d6f65d54909464b367f','2026-11-20','2026-11-20',2000,'EUR','booked','direct_debit',0,NULL,NULL,NULL,NULL,NULL,NULL,'E2E-1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PMNT/IDDT/ESDD',NULL,NULL,NULL,NULL,NULL,NULL,'','auszug1.sta:1',0,'ignored');
INSERT INTO "lines" VALUES(10,6,1,8,2,'9e69ed855e0d9d6f65d54909464b367f','2026-11-20','2026-11-20',3000,'EUR','booked','direct_debit',0,NULL,NULL,NULL,NULL,NULL,NULL,'E2E-2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PMNT/IDDT/ESDD',NULL,NULL,NULL,NULL,NULL,NULL,'','auszug1.sta:1',0,'ignored');
INSERT INTO "lines" VALUES(11,6,1,7,1,'684eddc0d799c2a503ca649b7b3a002e','2026-11-20','2026-11-20',2000,'EUR','booked','direct_debit',0,NULL,NULL,NULL,NULL,NULL,NULL,'E2E-1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PMNT/IDDT/ESDD',NULL,NULL,NULL,NULL,NULL,NULL,'','auszug1.sta:1',0,'ignored');
INSERT INTO "lines" VALUES(12,6,1,7,2,'684eddc0d799c2a503ca649b7b3a002e','2026-11-20','2026-11-20',3000,'EUR','booked','direct_debit',0,NULL,NULL,NULL,NULL,NULL,NULL,'E2E-2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PMNT/IDDT/ESDD',NULL,NULL,NULL,NULL,NULL,NULL,'','auszug1.sta:1',0,'ignored');
INSERT INTO "lines" VALUES(13,7,1,NULL,1,'56cfe72abb85d99bd2a2cd530f5bc333','2026-11-25','2026-11-25',-2300,'EUR','booked','return',0,'Max Muster','DE42100100100000067890','PBNKDEFFXXX',NULL,'Rueckgabe',NULL,'E2E-1',NULL,'DE98K0109999999999',NULL,NULL,'R1',NULL,'109',NULL,NULL,'MS03',2000,300,'RUECKLASTSCHRIFT',NULL,':61:2611251125DR23,00NRTINONREF//R1
/OCMT/EUR20,00//CHGS/EUR3,00/
:86:109?00RUECKLASTSCHRIFT?109250?20EREF+E2E-1?22CRED+DE98K0109999999999
?23SVWZ+Rueckgabe?30PBNKDEFFXXX?31DE42100100100000067890?32Max Muster?34914','auszug0.sta:5',-2300,'unmatched');
CREATE TABLE log (
	id INTEGER NOT NULL, 
	recorded_at TEXT NOT NULL, 
	as_of TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	"before" TEXT, 
	"after" TEXT, 
	reason TEXT, 
	program TEXT NOT NULL, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_log PRIMARY KEY (id), 
	CONSTRAINT uq_log_hash UNIQUE (hash)
)
 STRICT

;
INSERT INTO "log" VALUES(1,'2026-11-20T09:00:00+00:00','2026-11-20','tester','init','company',NULL,'{"accounts":[{"bic":"COBADEFFXXX","currency":"EUR","iban":"DE89370400440532013000","name":"Geschäftskonto Köln"},{"bic":"COLSDE33XXX","currency":"EUR","iban":"DE27370501980000012345","name":"Geschäftskonto Bonn"}],"branches":[{"account":"DE89370400440532013000","code":"K01","creditor_id_code":"K01","dunning_days":[],"name":"Filiale Köln"},{"account":"DE27370501980000012345","code":"K02","creditor_id_code":"K02","dunning_days":[],"name":"Filiale Bonn"},{"account":"DE89370400440532013000","code":"K03","creditor_id_code":"K03","dunning_days":[],"name":"Filiale Aachen"}],"collect":{"group_by_branch":true,"lead_days":1,"on_export":"in_collection","one_mandate_per_customer":true,"prenotification_days":14,"schema":"pain.008.001.08","service_contracts_apart":false},"company":{"chart":"SKR03","country":"DE","creditor_id":"DE98ZZZ09999999999","name":"Optik Beispiel GmbH","postcode":"50667","street":"Hauptstr. 1","town":"Köln"},"dunning":{"boundary":"inclusive","combine":"customer","deadline_days":10,"fee_mode":"replace","fee_scope":"per_notice","given":["boundary","combine","deadline_days","fee_mode","fee_scope","levels","min_gap_days","preset"],"levels":[{"after_days":14,"anchor":"due_date","channel":"letter","fee":"0.00","number":1},{"after_days":4,"anchor":"previous_deadline","channel":"letter","fee":"5.00","number":2},{"after_days":4,"anchor":"previous_deadline","channel":"letter","fee":"10.00","number":3}],"min_amount":"0.01","min_gap_days":7,"mixed_levels":"highest","preset":"amparex","repeat_last":false,"staleness_bank_days":3},"ledger":{},"matching":{"auto":"certain","fee_policy":"exact_only","no_auto_types":[]}}',NULL,'0.1.0','0000000000000000000000000000000000000000000000000000000000000000','e45c54133c939611e030b3095f0e1f4b4ab967ee73e6bea1ca63fc3899637294');
INSERT INTO "log" VALUES(2,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','items.csv',NULL,'{"changes":[{"name":"Max Muster","new":"10001"},{"name":"Käthe Größe-Beispiel","new":"10002"}],"new":2,"rows":[{"digest":"9d953de6e3e248388819a99021b3bcaf4156488b7902b9f6c582b455a2d23f3d","first":1,"last":1,"table":"entries"},{"digest":"88cbda95a3c7f7fdc627615a2153df38e2836335d34815626b05ba120e622265","first":1,"last":3,"table":"postings"}],"sha256":"f2abb9e86b34f35208a9b38a1cdafb38bf278fec0546700ac1c3269cd2bb4eae","updated":0}',NULL,'0.1.0','e45c54133c939611e030b3095f0e1f4b4ab967ee73e6bea1ca63fc3899637294','867ebb2b0c45966822231aad01ca26d367a8934594ec08798ec700d567ae304f');
INSERT INTO "log" VALUES(3,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S1',NULL,'{"account":"DE89370400440532013000","file":"auszug0.sta","lines":1,"new":1,"rows":[{"digest":"fcc949d1f17b3fbf29b23757294d3e1a3435cc2c07957aecda5e0408dd40d318","first":1,"last":1,"table":"statements"},{"digest":"fd172db34bddcc99e963b7c9e59a8523650c767bb1cff503c28703baeed45a2c","first":1,"last":1,"table":"lines"}],"sha256":"b5acde8c722e34ecc7ac309e6f860a696b8ea15ea7bbb94851374dc8f1c29baa"}',NULL,'0.1.0','867ebb2b0c45966822231aad01ca26d367a8934594ec08798ec700d567ae304f','d13d612a403862abc6a25539f3ce245a2bc50c89d643b0aae0b2196eb746c932');
INSERT INTO "log" VALUES(4,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S2',NULL,'{"account":"DE27370501980000012345","file":"auszug0.sta","lines":3,"new":3,"rows":[{"digest":"8788c403544f898823eb8b16ce5425b4f5a915f6d9f837cf944f40f8e4be40c8","first":2,"last":2,"table":"statements"},{"digest":"2dcfc68e05ea104431eaf9e3d6d96fe327d2c757bdebdff7fae82393fbe8b223","first":2,"last":4,"table":"lines"}],"sha256":"bceb5de9ca888c5033f8eaf9543e52555d31bb28912718daead6090dcd7c99ee"}',NULL,'0.1.0','d13d612a403862abc6a25539f3ce245a2bc50c89d643b0aae0b2196eb746c932','419bea1a506290c1444d7d67391fb7dff4eb5dd8afc0e58d313d3ae74399c853');
INSERT INTO "log" VALUES(5,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S3',NULL,'{"account":"DE27370501980000012345","file":"auszug0.sta","lines":4,"new":1,"rows":[{"digest":"98456c35be40193c565cddce018aa3a0e39e2621ec3ecf0cd989d7132336b7b5","first":3,"last":3,"table":"statements"},{"digest":"62745ee98369c07c554c854db0c3dfefdcb82f115c292c0f2f4d5c89749b37ee","first":5,"last":5,"table":"lines"}],"sha256":"9ee191200ae16cf38db7294055a4495a667270c49264bab3dc2d1861f833ac4d"}',NULL,'0.1.0','419bea1a506290c1444d7d67391fb7dff4eb5dd8afc0e58d313d3ae74399c853','4bd8065102e56f068493d76a17abbfb7efa8fdd3a1c4485b3a35277d02bd2821');
INSERT INTO "log" VALUES(6,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S4',NULL,'{"account":"DE27370501980000012345","file":"auszug0.sta","lines":1,"new":1,"rows":[{"digest":"71df26ab73bd93e96279bd486706109a8ee267e20e1989b18b12bd7906b2bb08","first":4,"last":4,"table":"statements"},{"digest":"82dd223ed8ed82c1cec0c248c7799519e29eee7c0b25bb75238bb7c45fd6b510","first":6,"last":6,"table":"lines"}],"sha256":"c1cd34c675b48a45fb9755d2aaf90ab5d940fc228f572a5ef8cb1c97764e79d5"}',NULL,'0.1.0','4bd8065102e56f068493d76a17abbfb7efa8fdd3a1c4485b3a35277d02bd2821','aa8e029e2e9a330dfc276b9d96ad3d3c6705991c57ba84936476550a16443044');
INSERT INTO "log" VALUES(7,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S5',NULL,'{"account":"DE89370400440532013000","file":"auszug0.sta","lines":1,"new":1,"rows":[{"digest":"e059ea2e8df57b41705b503509820b6eea3e16aeca5bf5ec325d05220413e2e8","first":5,"last":5,"table":"statements"},{"digest":"05c2498cd5136c8db6058190414b868dccdddcaa5111a4e3449bf53b1ac087c2","first":7,"last":7,"table":"lines"}],"sha256":"85e7e17fe0562d25a4962bee35444bcc09d125cfb997dd841aaa5f3124c6761f"}',NULL,'0.1.0','aa8e029e2e9a330dfc276b9d96ad3d3c6705991c57ba84936476550a16443044','360a94b8b94e362d8d40c71ab90c7dfee978b74b5764ed38d45a57daed8b9a42');
INSERT INTO "log" VALUES(8,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S6',NULL,'{"account":"DE89370400440532013000","file":"auszug1.sta","lines":1,"new":1,"rows":[{"digest":"31c6f5f0ec1793b5a0961fa55d260b51d692c8b973eec0b6818cd8b6ab265cb0","first":6,"last":6,"table":"statements"},{"digest":"70305c5c1269e58effbd29b487e22e97f966d0ec793b24dca54ecd2d06482f96","first":8,"last":12,"table":"lines"}],"sha256":"f7b44e6bd4755f3176b9ffcfdcb5e06c36ec289c0f1e45a7bad73c351c7242bb"}',NULL,'0.1.0','360a94b8b94e362d8d40c71ab90c7dfee978b74b5764ed38d45a57daed8b9a42','c7d18c9bbf2706db257145a4d321a988ace394827c627a8a85755e83551e3dbf');
INSERT INTO "log" VALUES(9,'2026-11-20T09:00:00+00:00','2026-11-20','tester','import','S7',NULL,'{"account":"DE89370400440532013000","file":"auszug0.sta","lines":1,"new":1,"rows":[{"digest":"8b9567a3c7216b4adbcd70eac64dc859c7cdfa80c3a28d34ddc7741f82ebd2f5","first":7,"last":7,"table":"statements"},{"digest":"f36058df1aebaa5f3f8c3eb27e97f3f2c97047b4f500bd88e578bf1b3b80b50d","first":13,"last":13,"table":"lines"}],"sha256":"90946dd358a43257ef766b0e2eb76bbc72e33f0bcb6223c33a815bc159701768"}',NULL,'0.1.0','c7d18c9bbf2706db257145a4d321a988ace394827c627a8a85755e83551e3dbf','f27e9ffed07e185f1cb35ee2556aa11fb6c4367ce658a2ef43ce85e48ef57ce2');
INSERT INTO "log" VALUES(10,'2026-11-20T09:00:00+00:00','2026-11-20','tester','match','M1',NULL,'{"booked":2,"lines":6,"rows":[{"digest":"2c96e031b07362f2b5c91f9474d8653341f2701c4b4ab31bb933de9b624f6695","first":2,"last":3,"table":"entries"},{"digest":"bb36b796acca04b47ba184bedfc07e23e4cec43e12e101c7a63fb04c293cb44d","first":4,"last":7,"table":"postings"},{"digest":"52747489be00c0dda23861ad88ac43631020ae986b894a37be60d0405e35460d","first":1,"last":2,"table":"allocations"}]}',NULL,'0.1.0','f27e9ffed07e185f1cb35ee2556aa11fb6c4367ce658a2ef43ce85e48ef57ce2','654889c17688fb7e7e31a31a125f05454adb97e0b05b97884708d67e3676f92a');
CREATE TABLE mandates (
	id INTEGER NOT NULL, 
	mandate_id TEXT NOT NULL, 
	customer_id INTEGER NOT NULL, 
	iban TEXT NOT NULL, 
	bic TEXT, 
	account_holder TEXT, 
	scheme TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	signed_on TEXT, 
	last_used_on TEXT, 
	status TEXT NOT NULL, 
	original_mandate_id TEXT, 
	original_iban TEXT, 
	CONSTRAINT pk_mandates PRIMARY KEY (id), 
	CONSTRAINT fk_mandates_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT uq_mandates_mandate_id UNIQUE (mandate_id)
)
 STRICT

;
CREATE TABLE match_runs (
	id INTEGER NOT NULL, 
	as_of TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	CONSTRAINT pk_match_runs PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "match_runs" VALUES(1,'2026-11-20','tester','{"lines":6,"booked":2}');
CREATE TABLE notice_items (
	id INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	item_id INTEGER NOT NULL, 
	part TEXT NOT NULL, 
	due_date TEXT NOT NULL, 
	days_overdue INTEGER NOT NULL, 
	open_amount INTEGER NOT NULL, 
	level INTEGER NOT NULL, 
	fee INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	CONSTRAINT pk_notice_items PRIMARY KEY (id), 
	CONSTRAINT fk_notice_items_item_id FOREIGN KEY(item_id) REFERENCES items (id), 
	CONSTRAINT fk_notice_items_notice_id FOREIGN KEY(notice_id) REFERENCES notices (id)
)
 STRICT

;
CREATE TABLE notices (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	customer_id INTEGER NOT NULL, 
	branch_id INTEGER, 
	level INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	language TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	deadline TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	fee INTEGER NOT NULL, 
	interest INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	issued_on TEXT, 
	reason TEXT, 
	CONSTRAINT pk_notices PRIMARY KEY (id), 
	CONSTRAINT fk_notices_branch_id FOREIGN KEY(branch_id) REFERENCES branches (id), 
	CONSTRAINT fk_notices_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT fk_notices_run_id FOREIGN KEY(run_id) REFERENCES dunning_runs (id)
)
 STRICT

;
CREATE TABLE postings (
	id INTEGER NOT NULL, 
	entry_id INTEGER NOT NULL, 
	role TEXT NOT NULL, 
	account TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	customer_id INTEGER, 
	item_id INTEGER, 
	CONSTRAINT pk_postings PRIMARY KEY (id), 
	CONSTRAINT fk_postings_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT fk_postings_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT fk_postings_item_id FOREIGN KEY(item_id) REFERENCES items (id)
)
 STRICT

;
INSERT INTO "postings" VALUES(1,1,'customer','1400',11900,1,1);
INSERT INTO "postings" VALUES(2,1,'customer','1400',5000,2,2);
INSERT INTO "postings" VALUES(3,1,'opening','9008',-16900,NULL,NULL);
INSERT INTO "postings" VALUES(4,2,'bank','1200',11900,NULL,NULL);
INSERT INTO "postings" VALUES(5,2,'customer','1400',-11900,1,1);
INSERT INTO "postings" VALUES(6,3,'bank','1200',5000,NULL,NULL);
INSERT INTO "postings" VALUES(7,3,'customer','1400',-5000,2,2);
CREATE TABLE proposals (
	id INTEGER NOT NULL, 
	line_id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	rank INTEGER NOT NULL, 
	match_class TEXT NOT NULL, 
	band TEXT NOT NULL, 
	shares TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	CONSTRAINT pk_proposals PRIMARY KEY (id), 
	CONSTRAINT fk_proposals_line_id FOREIGN KEY(line_id) REFERENCES lines (id), 
	CONSTRAINT fk_proposals_run_id FOREIGN KEY(run_id) REFERENCES match_runs (id)
)
 STRICT

;
CREATE TABLE rejections (
	id INTEGER NOT NULL, 
	line_id INTEGER NOT NULL, 
	shares TEXT NOT NULL, 
	rejected_on TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	CONSTRAINT pk_rejections PRIMARY KEY (id), 
	CONSTRAINT fk_rejections_line_id FOREIGN KEY(line_id) REFERENCES lines (id)
)
 STRICT

;
CREATE TABLE statements (
	id INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	fingerprint TEXT NOT NULL, 
	format TEXT NOT NULL, 
	number TEXT, 
	page TEXT, 
	currency TEXT NOT NULL, 
	period_from TEXT, 
	period_to TEXT, 
	opening INTEGER, 
	closing INTEGER, 
	opening_date TEXT, 
	closing_date TEXT, 
	message_id TEXT, 
	place TEXT NOT NULL, 
	line_count INTEGER NOT NULL, 
	booked_sum INTEGER NOT NULL, 
	CONSTRAINT pk_statements PRIMARY KEY (id), 
	CONSTRAINT fk_statements_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_statements_file_id FOREIGN KEY(file_id) REFERENCES files (id), 
	CONSTRAINT uq_statements_fingerprint UNIQUE (fingerprint)
)
 STRICT

;
INSERT INTO "statements" VALUES(1,2,1,'38498b754deae1a312822819abe5ce4311b4eb97b13df190db1b092dd5d875a6','mt942','1','1','EUR','2026-11-20','2026-11-20',NULL,NULL,NULL,NULL,NULL,'auszug0.sta:1',1,0);
INSERT INTO "statements" VALUES(2,3,2,'6d0927aba3230d0e5c701fb89922126850ac0e56f5621934e423a576ea34b816','mt940','224','1','EUR','2026-11-20','2026-11-20',100000,109902,'2026-11-19','2026-11-20',NULL,'auszug0.sta:1',3,9902);
INSERT INTO "statements" VALUES(3,4,2,'7f61a87def29311059b63b05121a9429375ac3550fb95a9c5e53058e22f6bc72','mt940','225','1','EUR','2026-11-20','2026-11-20',100000,114902,'2026-11-19','2026-11-20',NULL,'auszug0.sta:1',4,14902);
INSERT INTO "statements" VALUES(4,5,2,'1ce4f31e59f11d21afb9f2576d249db136042c689415f56e01ff2f0e3c464728','mt940','226','1','EUR','2026-11-20','2026-11-23',114902,114902,'2026-11-19','2026-11-23',NULL,'auszug0.sta:1',1,0);
INSERT INTO "statements" VALUES(5,6,1,'483d1ee9ae537535133d379fb0ca346f45e4dc1b7684e0936a9cbf4747beac2e','camt.053',NULL,NULL,'EUR','2026-11-20','2026-11-20',10000,15000,'2026-11-20','2026-11-20','M','auszug0.sta:1',1,5000);
INSERT INTO "statements" VALUES(6,7,1,'56d94c96a42379cad5a6c71b94aec88fb32d358d27a3adec3d93134450d97081','camt.054',NULL,NULL,'EUR','2026-11-20','2026-11-20',NULL,NULL,NULL,NULL,'M','auszug1.sta:1',1,0);
INSERT INTO "statements" VALUES(7,8,1,'7444cf079343d961a2759b8dfe19b9b4e955b4566f3aa1b65c13b8862af9fe57','mt940','300','1','EUR','2026-11-25','2026-11-25',15000,12700,'2026-11-25','2026-11-25',NULL,'auszug0.sta:1',1,-2300);
CREATE INDEX ix_statements_account_id ON statements (account_id);
CREATE INDEX ix_lines_identity ON lines (account_id, identity);
CREATE INDEX ix_lines_state ON lines (state);
CREATE INDEX ix_lines_statement_id ON lines (statement_id);
CREATE INDEX ix_items_customer_id ON items (customer_id);
CREATE INDEX ix_items_open ON items (id) WHERE open_amount <> 0;
CREATE INDEX ix_mandates_customer_id ON mandates (customer_id);
CREATE INDEX ix_notices_run_id ON notices (run_id);
CREATE INDEX ix_proposals_line_id ON proposals (line_id);
CREATE INDEX ix_rejections_line_id ON rejections (line_id);
CREATE UNIQUE INDEX ix_collections_live ON collections (item_id, due_date) WHERE status IN ('created', 'exported');
CREATE INDEX ix_collections_mandate_id ON collections (mandate_id);
CREATE INDEX ix_holds_item_id ON holds (item_id);
CREATE INDEX ix_notice_items_item_id ON notice_items (item_id);
CREATE INDEX ix_notice_items_notice_id ON notice_items (notice_id);
CREATE INDEX ix_postings_entry_id ON postings (entry_id);
CREATE INDEX ix_postings_item_id ON postings (item_id);
CREATE INDEX ix_allocations_item_id ON allocations (item_id);
CREATE INDEX ix_allocations_line_id ON allocations (line_id);
CREATE INDEX ix_allocations_reverses_id ON allocations (reverses_id);
COMMIT;
