"""English vocabulary of the generator.

Names, places, products, and the words of each line of work.

Written for this project. Every list is an ordered tuple, so that a draw is the same on every
machine. Actions are verbs whose past and gerund `phrases` can form by rule.
"""

from __future__ import annotations

from longssm_core.corpus.generator.words_types import DomainWords, Goods, Trouble, words

SURNAMES = words("""
Abbott Acheson Adler Ahmadi Albrecht Alvarez Amsel Anand Ansell Archer Ashby Atwood Bailey Bakker
Baptiste Barlow Beck Bellamy Bergstrom Bianchi Blackwood Bohm Bradley Brandt Briggs Brody Burgess
Byrne Calder Carver Castillo Chandra Clarke Cobb Coleman Corbin Costa Crane Dahl Dalton Desai
Devlin Dietrich Doyle Draper Dubois Dunn Eklund Ellery Emerson Engel Farrow Fenton Ferrari Finch
Fischer Fletcher Foley Forsyth Fuchs Gallagher Garrett Gill Gomez Granger Greaves Gupta Haas Hale
Hallam Harlow Hartman Hayward Heller Hensley Hobbs Holm Horvat Hughes Ibarra Iyer Jansen Jarvis
Jensen Joyner Kapoor Keller Kemp Kessler Khan Kimball Kirby Kovacs Kramer Lambert Larsen Lawson
Leclerc Lennox Lindgren Lockwood Lopes Lund Mabry Maddox Malik Marsh Mazur Meyer Mills Moreau
Morrow Mueller Nair Nash Nielsen Noble Novak Nyberg Oakes Okafor Olsen Ortega Osborne Palmer
Parrish Patel Pereira Pfeiffer Pike Porter Prescott Quigley Ramos Rao Reyes Ridley Rivera Romero
Rourke Sandberg Schaefer Sellers Shaw Silva Slater Sorensen Stokes Svensson Tanner Thorne Tran
Tucker Underhill Vance Varga Vogel Wade Walsh Weber Whitlock Winters Wolfe Yates Zeller Ziegler
""")

GIVEN_NAMES = words("""
Aaron Ada Adrian Agnes Alan Alice Amara Amelia Andre Anita Anna Arthur Astrid Beatrix Ben Bianca
Boris Brenda Bruno Carla Cedric Celia Chloe Clara Colin Cora Dana Daniel Daria David Derek Diana
Dmitri Edith Elena Eli Elsa Emil Erik Esther Felix Fiona Frank Gabriel Gemma George Grace Greta
Hanna Hector Helen Hugo Ines Ingrid Irene Ivan Jack Jana Jonas Judith Julia Karen Kofi Lars Laura
Leon Lena Lewis Linda Lucas Magda Marcus Maria Martin Maya Milan Mira Nadia Nathan Nina Noah Olga
Oscar Paula Peter Petra Quentin Rafael Rita Robert Rosa Ruth Samir Sara Simon Sofia Stefan Tara
Thomas Ursula Vera Victor Wanda Wesley Yara Yusuf Zoe
""")

PLACE_HEADS = words("""
Ash Bell Birch Black Brook Carl Clay Cold Crow Dun East Elm Fair Fen Glen Gold Gran Green Hart
Hazel High Iron Kings Lake Lang Lin Long Marl Mill Moor New North Oak Old Pine Red Rock Salt Sand
Silver South Stan Stone Sun West White Wind Wood
""")
PLACE_TAILS = words("""
bridge brook burg bury by cliff combe dale den field ford gate ham haven hill holm hurst land ley
mouth port ridge sea shaw side stead stoke ton vale view ville water well wick wood worth
""")

COMPANY_STEMS = words("""
Abbey Acorn Alder Amber Anchor Apex Arden Argent Ashgrove Aster Atlas Aurora Avalon Balmoral
Beacon Bluestone Boreal Bramble Brightwater Cairn Calyx Cascade Cedar Cobalt Compass Copperfield
Corvus Crestline Delta Ember Evergreen Falcon Fathom Fern Fjord Foxglove Garnet Glacier Granite
Harbor Hawthorn Helix Heron Horizon Indigo Ironbridge Juniper Kestrel Keystone Lantern Larch
Linden Lodestar Magnolia Marlow Meridian Merlin Mosaic Nimbus Northgate Oakridge Obsidian Onyx
Orchard Osprey Palisade Pinnacle Polaris Quarry Quill Raven Redwood Rowan Saffron Sequoia Sienna
Solstice Sparrow Summit Tamarack Tern Thistle Tidewater Topaz Umber Vantage Vector Verdant
Westbrook Willow Wren Zephyr
""")
COMPANY_TAILS = words("""
Logistics Foods Metals Plastics Chemicals Pharma Freight Packaging Castings Instruments
Electronics Power Systems Software Networks Labs Retail Wholesale Textiles Paper Furniture Motors
Optics Bearings Valves Tools Dairy Mills Shipping Warehousing Components Materials Robotics
Analytics Health Energy
""")
CARRIER_TAILS = words("Logistics Freight Shipping Haulage Express Couriers Transport")
COMPANY_FORMS = (
    "{} Ltd",
    "{} Inc.",
    "{} GmbH",
    "{} LLC",
    "{}",
    "{} & Co.",
    "{} Group",
    "{} plc",
    "{} BV",
)

ROLES = words("""
supervisor team_lead shift_lead operator technician planner coordinator engineer analyst
controller manager inspector clerk dispatcher administrator on-call_engineer specialist foreman
""")
SHIFT_NAMES = (
    ("day shift", "night shift"),
    ("early", "late", "night"),
    ("A shift", "B shift", "C shift"),
    ("first shift", "second shift", "third shift"),
    ("red crew", "blue crew", "green crew"),
    ("morning", "swing", "graveyard"),
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")

MACHINES = words("""
press moulder injection_press lathe CNC_lathe mill grinder router welder palletizer gantry_robot
paint_booth dryer furnace kiln oven washer packer filler capper labeller vision_station mixer
reactor kettle compressor boiler chiller dust_collector pump blower conveyor shear bender
assembly_cell pick-and-place reflow_oven checkweigher stacker_crane extruder centrifuge evaporator
sorter shrink_wrapper laser_cutter
""")
MACHINE_FORMS = ("{} {}", "{}-{}", "{}_{}", "{} no. {}", "{} #{}", "{}{}", "{}/{}")

GOODS = (
    Goods(
        modifiers=words("""
            small large slim heat-proof oil-proof waterproof precision light standard revised
            export domestic custom trial left right upper lower inner outer double short long
            grade-A grade-B
            """),
        products=words("""
            bracket flange shaft gear cover housing plate spacer bushing pin collar nozzle valve
            filter gasket hose connector harness board terminal relay sensor motor bearing case
            cap trolley
            """),
    ),
    Goods(
        modifiers=words("""
            trade household low-salt unsalted concentrated organic frozen ambient local bulk
            single-serve seasonal low-sugar mild spicy sweet smoked whole-grain classic
            family-size
            """),
        products=words("""
            noodles porridge juice tea paste sauce crackers dumplings tofu yoghurt buns curry soup
            pickles cereal biscuits broth pudding jam cheese butter pasta
            """),
    ),
    Goods(
        modifiers=words("""
            red blue white black silver grey wooden small large light folding trade household
            recycled waterproof thick thin antibacterial stretch refill wide stackable
            """),
        products=words("""
            envelope carton folder chair gloves boots goggles helmet toolbox driver lamp tape
            label film roll cleaner shelf ladder broom bucket kettle blanket lantern notice_board
            """),
    ),
)

METRICS = (
    ("oil temp", "C", 25, 75),
    ("tank temp", "C", 30, 180),
    ("bearing temp", "degC", 25, 85),
    ("coolant temp", "C", 12, 38),
    ("mould temp", "degC", 40, 190),
    ("ambient", "C", 15, 32),
    ("hydraulic pressure", "bar", 30, 210),
    ("air pressure", "kPa", 380, 720),
    ("steam pressure", "bar", 3, 12),
    ("pressure drop", "Pa", 20, 900),
    ("vibration", "mm/s", 0.3, 9),
    ("spindle load", "%", 8, 95),
    ("current", "A", 2, 80),
    ("voltage", "V", 380, 415),
    ("power", "kW", 1, 150),
    ("flow", "l/min", 5, 240),
    ("level", "%", 15, 98),
    ("speed", "rpm", 60, 6000),
    ("humidity", "%RH", 25, 75),
    ("conductivity", "uS/cm", 10, 900),
    ("concentration", "%", 2, 40),
    ("viscosity", "cP", 20, 900),
    ("tension", "N", 10, 300),
    ("force", "kN", 5, 400),
    ("cycle time", "s", 4, 90),
    ("thickness", "um", 5, 120),
    ("weight", "g", 20, 950),
    ("pH", "", 4, 10),
    ("torque", "Nm", 3, 240),
    ("noise", "dB", 55, 92),
)

MACHINE_STATES = (
    ("RUN", "STOP", "SETUP", "IDLE", "ALARM"),
    ("running", "stopped", "changeover", "waiting", "faulted"),
    ("AUTO", "MANUAL", "ADJUST", "STANDBY", "ESTOP"),
    ("Producing", "Down", "Cleaning", "Starved", "Blocked"),
    ("EXECUTE", "HELD", "STARTING", "SUSPENDED", "ABORTED"),
)
ORDER_STATES = (
    ("received", "allocated", "picked", "packed", "shipped", "delivered"),
    ("NEW", "CONFIRMED", "PICKING", "PACKED", "DISPATCHED", "CLOSED"),
    ("entered", "approved", "scheduled", "loaded", "in transit", "signed for"),
    ("quoted", "ordered", "built", "inspected", "shipped", "invoiced"),
)
CASE_STATES = (
    ("opened", "assigned", "in progress", "awaiting customer", "closed"),
    ("Register", "Triage", "Investigate", "Respond", "Archive"),
    ("SUBMITTED", "REVIEWED", "APPROVED", "PAID", "SETTLED"),
    ("call answered", "caller verified", "issue recorded", "transferred", "call ended"),
)

PLANT = DomainWords(
    things=words("""
        part blank material mould fixture tool casting batch inspection_sheet work_order drawing
        test_piece container pallet offcut packing_material consumable schedule first_piece
        series_part prototype reject work-in-progress calibration_record checklist
        temperature_chart output_figure meter_reading setup_sheet spare_part lubricant coolant
        """),
    actions=words("""
        order check inspect sort store record revise collect exchange count label prepare release
        return
        """),
    causes=words("""
        lack_of_grease loose_fasteners chip_build-up normal_wear low_coolant a_wrong_setpoint
        faulty_assembly uneven_material foreign_matter degraded_oil condensation dust a_mains_dip
        cable_fatigue a_missed_adjustment a_skipped_changeover_check an_early_part_failure
        excessive_load a_hot_hall a_clogged_filter a_missed_lubrication a_shifted_sensor_bracket
        out-of-tolerance_parts_from_upstream an_outdated_work_instruction miswiring trapped_air
        """),
    troubles=(
        Trouble(
            parts=words("""
                spindle bearing drive_belt chain gearbox guide_rail ball_screw coupling clutch
                brake chuck die clamp transfer_roller conveyor_belt dust_fan cooling_fan
                safety_gate
                """),
            faults=words("""
                noise overheating wear looseness vibration misalignment seizure cracking ageing
                slipping jamming
                """),
            remedies=words("""
                replace adjust clean inspect tighten grease overhaul remount realign
                """),
            causes=words("""
                lack_of_grease loose_fasteners chip_build-up normal_wear faulty_assembly
                foreign_matter dust a_missed_adjustment excessive_load a_missed_lubrication
                poor_alignment out-of-tolerance_parts_from_upstream an_outdated_work_instruction
                uneven_material
                """),
        ),
        Trouble(
            parts=words("""
                hydraulic_pump hydraulic_hose solenoid_valve check_valve nozzle filter strainer
                heat_exchanger cylinder lubricator air_dryer pipe fitting gasket O-ring shaft_seal
                exhaust_duct relief_valve
                """),
            faults=words("""
                leakage blockage pressure_loss flow_loss slow_response contamination corrosion
                seizure temperature_rise
                """),
            remedies=words("""
                replace clean inspect tighten overhaul flush refill vent
                """),
            causes=words("""
                normal_wear low_coolant foreign_matter degraded_oil a_clogged_filter trapped_air
                an_under-tightened_joint frost poor_water_quality faulty_assembly a_hot_hall
                a_scratched_sealing_face an_overlooked_inspection_date
                """),
        ),
        Trouble(
            parts=words("""
                pressure_gauge temperature_probe proximity_switch light_barrier limit_switch
                servo_motor inverter control_cabinet breaker relay emergency_stop operator_panel
                signal_lamp heater load_cell print_head camera lamp terminal_strip
                """),
            faults=words("""
                open_circuit bad_contact false_trigger undervoltage display_fault link_loss
                overheating drift zero_offset
                """),
            remedies=words("""
                replace adjust clean inspect calibrate restart repair remount rewire
                """),
            causes=words("""
                condensation dust a_mains_dip cable_fatigue a_wrong_setpoint an_early_part_failure
                miswiring a_shifted_bracket a_loose_terminal electrical_interference
                cutting_oil_on_the_contacts normal_wear a_missed_software_update
                """),
        ),
    ),
    departments=words("""
        Assembly Machining Moulding Painting Packing Quality_Assurance Quality_Control
        Process_Engineering Production_Planning Maintenance Facilities Utilities Tool_Shop
        Line_Support
        """),
)

LOGISTICS = DomainWords(
    things=words("""
        parcel consignment order pick_list advance_notice waybill delivery_note pallet roll_cage
        tote carton return shortage substitute sample chilled_goods frozen_goods dangerous_goods
        long_goods groupage regular_run charter load_plan route_plan stock_count bin
        inspection_result voucher customs_paper temperature_chart stock allocation
        """),
    actions=words("""
        reissue rebook recheck confirm recover reroute move repack reload recount notify correct
        exchange suspend expedite quarantine return reregister relabel record
        """),
    causes=words("""
        congestion bad_weather a_vehicle_breakdown a_typing_error a_misread_part_number
        an_unregistered_bin unexpected_demand a_staff_shortage weak_packaging
        a_wrong_loading_order a_missed_handover stale_master_data a_backlog_from_the_day_before
        a_late_change_by_the_client similar_goods_side_by_side a_swapped_label
        a_wrong_cooling_setting worn_batteries road_closures an_order_after_cut-off
        """),
    troubles=(
        Trouble(
            parts=words("""
                forklift handheld label_printer sorter high-bay_crane tug dock_door dock_leveller
                cold_room freezer reefer_truck stretch_wrapper scale pick_cart bin_display
                radio_antenna air_conditioner
                """),
            faults=words("""
                read_failure slow_response flat_battery link_loss faint_print
                temperature_excursion stoppage noise
                """),
            remedies=words("""
                replace inspect repair restart charge clean reconfigure
                """),
        ),
        Trouble(
            parts=words("""
                outbound_order inbound_load return waybill carton pallet shipping_tag groupage_run
                regular_run charter_run chilled_run store_delivery export_cargo tote
                """),
            faults=words("""
                quantity_mismatch misdelivery damage delay short-load smudged_label load_shift
                missort soiling water_damage
                """),
            remedies=words("""
                reissue rebook recheck recover reroute repack reload correct exchange relabel
                expedite quarantine
                """),
        ),
    ),
    departments=words("""
        Receiving Shipping Warehouse Cold_Store Returns Purchasing Dispatch Export_Desk Fleet
        Inventory_Control North_Hub South_Hub
        """),
)

IT = DomainWords(
    things=words("""
        job session queue index replica snapshot transaction certificate config_file mailing_list
        token cache nightly_batch report ledger_feed customer_master price_list stock_feed logfile
        backup connection_pool probe alert_mail role account inbound_file summary_table partition
        worker process channel lookup load_metric patch delta
        """),
    actions=words("""
        restart switch isolate extend relocate repeat reconfigure revert restore recreate watch
        update reject remove archive reconnect synchronize verify quarantine patch investigate
        """),
    causes=words("""
        unexpected_traffic a_config_change_that_was_not_rolled_out a_disk_failure
        a_fragmented_index a_long_transaction an_exhausted_connection_pool a_faulty_patch
        a_memory_leak carrier_works a_forgotten_certificate_renewal unrotated_logs
        an_outage_at_a_third_party slow_name_resolution a_step_missed_in_the_runbook
        a_power_feed_switch an_overlapping_batch_run a_wrong_alert_threshold
        an_old_library_left_behind a_file_lock_conflict an_underestimated_volume wrong_permissions
        """),
    troubles=(
        Trouble(
            parts=words("""
                database auth_server proxy file_server hypervisor monitoring_server report_server
                scheduler API_gateway search_cluster cache_tier message_broker booking_system
                ordering_system accounting_system time_clock payment_link stock_link
                customer_portal intranet
                """),
            faults=words("""
                slow_response timeouts memory_shortage login_failures double_start deadlock
                replication_lag garbled_text write_failure crash backlog load_spike
                config_mismatch missing_permission restart_loop
                """),
            remedies=words("""
                restart extend relocate reconfigure restore recreate reconnect patch resize drain
                """),
        ),
        Trouble(
            parts=words("""
                load_balancer shared_storage mail_gateway uplink office_network VPN_gateway
                wireless_network firewall core_switch edge_router backup_library UPS name_server
                """),
            faults=words("""
                slow_response disconnects disk_shortage lookup_failure certificate_expiry
                clock_skew packet_loss single-path_operation temperature_rise
                """),
            remedies=words("""
                restart isolate extend reconfigure replace reroute update reconnect
                """),
        ),
    ),
    departments=words("""
        IT_Operations Platform_Team Service_Desk Network_Operations Data_Engineering
        Release_Management Storage_Team Identity_Team Site_Reliability Business_Systems
        Security_Desk
        """),
)

OFFICE = DomainWords(
    things=words("""
        invoice purchase_order quotation delivery_note receipt contract application refund payment
        payment_request expense_claim transfer_file journal_entry balance credit_limit bank_detail
        address_change cancellation warranty member_record bonus_point voucher booking enquiry
        complaint brochure_request callback reminder monthly_report approval_request mandate
        identity_document
        """),
    actions=words("""
        correct reissue refund repeat reconcile confirm contact revoke exchange reregister approve
        return explain escalate suspend forward update accept remind review
        """),
    causes=words("""
        an_outdated_price_table a_staff_move a_misplaced_decimal an_old_form a_misread_deadline
        an_unprocessed_address_change a_bank_holiday a_system_update an_unclear_explanation
        a_missed_message_from_the_contractor a_wrong_tax_rate seasonal_peak_load double_entry
        an_absent_approver revised_terms lost_papers a_spam_filter a_merged_customer_record
        """),
    troubles=(
        Trouble(
            parts=words("""
                billing_run payment_matching direct_debit receipt_printing month-end_closing
                expense_approval approval_chain credit_check refund_process statement_view
                contract_renewal subscription
                """),
            faults=words("""
                amount_mismatch missing_entry duplicate_entry delay double_billing missed_update
                calculation_error pending_approval reconciliation_break overrun
                """),
            remedies=words("""
                repeat correct review recheck revoke reregister recalculate approve
                """),
        ),
        Trouble(
            parts=words("""
                member_page application_form checkout_page delivery_booking reservation_desk
                phone_line voice_menu front_desk point_credit address_register exchange_desk
                repair_desk notification_mail
                """),
            faults=words("""
                display_error input_error non-arrival wrong_information closed_reception
                misrouting missed_update congestion
                """),
            remedies=words("""
                reconfigure reopen correct escalate restart review
                """),
        ),
    ),
    departments=words("""
        Billing Accounts_Payable Treasury Payroll Sales_North Sales_South Customer_Care Claims
        Contracts Human_Resources Procurement_Office Front_Office
        """),
)

DOMAINS = {"plant": PLANT, "logistics": LOGISTICS, "it": IT, "office": OFFICE}

PROCESSES = words("""
sync validation aggregation delivery registration refresh lookup conversion compaction rollout
transfer import export recalculation assignment release initialization load save probe analysis
sort merge split extraction matching notification reservation revocation approval patrol
measurement calibration switchover correction numbering print cleanup restore collection
""")
TOPICS = words("""
delivery_dates quality cost stock safety training capital_spending staffing energy_saving
standardization audit stock-taking complaints process_improvement product_launch price_revision
subcontractors weekend_work disaster_recovery information_security replacement_of_old_equipment
yield work_instructions floor_layout power_contract paperless_forms budget peak_season
""")
COMMENTS = words("""
no_further_findings under_observation to_be_done_at_the_next_shutdown
temporary_fix,_handle_with_care order_early spare_stock_is_low two_people_required
same_picture_as_last_time work_instruction_needs_a_revision departments_informed
photos_are_in_the_shared_folder listen_for_the_noise witness_requested cause_still_open
prevention_under_discussion keep_monitoring customer_informed check_again_in_the_morning
""")
WEATHER = words("clear cloudy rain drizzle sunny overcast snow windy fog showers")
SYLLABLES = words("""
ba bel cor dan del dor en fal fen gar hal hex in jar kal kor lan lem lor mar mel mir nal nex nor
ol om or pal par pel qua ral ren ros sal sen sol tal tem tor ul ur val vel ver vin vor wes xan yor
zal zen zor tri gra plo dra sti cla
""")
SYLLABLE_ENDS = words("a o ex ix on um is ant ent ica ora ium ite ax eo io us ine")

PACKAGES = words("""
acme admin agent archive billing bridge bus cache catalog client cluster codec core data dispatch
edge engine event feed flow gate grid hub ingest io job ledger link mail mesh meter net node order
parser pay plan pool proxy queue relay report route rule scan schema search server session sink
stock store stream sync task tenant ticket token trace track util vault view web work zone
""")
CLASS_TAILS = words("""
Manager Service Handler Worker Controller Repository Client Factory Listener Scheduler Resolver
Dispatcher Adapter Filter Registry Loader Writer Reader Validator Gateway Monitor Pool Cache
Coordinator Executor
""")
METHOD_HEADS = words("""
get load save find send open close run start apply check update resolve fetch flush commit read
write handle process build parse select notify acquire release
""")
EXCEPTIONS = words("""
IllegalState Timeout NullPointer IO Connect SQL Validation NotFound Concurrency Authorization
Parse Quota Conversion Protocol Serialization Interrupted Duplicate Lock Config Checksum
""")
DAEMONS = words("""
sshd cron systemd kernel dhcpd named postfix/smtpd ntpd rsyslogd snmpd httpd smartd nfsd crond
sudo su dbus-daemon NetworkManager auditd collectd haproxy keepalived squid ftpd xinetd login gpm
bluetoothd cupsd mcelog
""")
PATH_WORDS = words("""
about account admin api archive assets auth blog cart catalog category checkout contact css data
docs download export faq feed files help home images img import index item items js list login
logout media news orders page price product profile query report reviews rss search session static
status stock support tag upload user users v1 v2 v3 webhook
""")
EXTENSIONS = words("html css js png jpg gif svg json xml pdf php ico woff2 txt csv")
