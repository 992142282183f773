from django.urls import path

from .views import assistance, board, history, opening, places, stays

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/meals/", assistance.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
    path("<str:code>/places/", places.places, name="places"),
    path("<str:code>/places/rooms/new/", places.new_room, name="places-room-new"),
    path("<str:code>/places/rooms/<int:room>/", places.room, name="places-room"),
    path("<str:code>/places/rooms/<int:room>/edit/", places.edit_room, name="places-room-edit"),
    path("<str:code>/places/rooms/<int:room>/beds/", places.add_beds, name="places-beds"),
    path("<str:code>/places/rooms/<int:room>/block/", places.block, name="places-block"),
    path("<str:code>/places/beds/<int:bed>/withdraw/", places.withdraw_bed, name="places-bed-withdraw"),
    path("<str:code>/places/beds/<int:bed>/put-back/", places.put_back_bed, name="places-bed-put-back"),
    path("<str:code>/places/blocks/", places.blocks, name="places-blocks"),
    path("<str:code>/places/blocks/<int:block>/", places.change_block, name="places-block-change"),
    path("<str:code>/places/occupancy/", history.occupancy, name="places-occupancy"),
    path("<str:code>/places/occupancy.<str:kind>", history.export, name="places-occupancy-export"),
    path("<str:code>/places/opening/", opening.opening, name="places-opening"),
    path("<str:code>/places/opening/items/<slug:item>/", opening.mark, name="places-mark"),
    path("<str:code>/places/opening/marks/<int:mark>/withdraw/", opening.withdraw_mark, name="places-mark-withdraw"),
    path("<str:code>/places/opening/declare/<slug:checklist>/", opening.declare, name="places-declare"),
    path("<str:code>/places/equipment/", opening.equipment, name="places-equipment"),
    path("<str:code>/places/equipment/new/", opening.new_equipment, name="places-equipment-new"),
    path("<str:code>/places/equipment/<uuid:pk>/", opening.edit_equipment, name="places-equipment-edit"),
    path("<str:code>/places/equipment/<uuid:pk>/remove/", opening.remove_equipment, name="places-equipment-remove"),
    path("<str:code>/places/settings/", opening.settings, name="places-settings"),
]
